// The slider of a past course goes where it is let go; without this script its button does.
"use strict";

document.addEventListener("change", (event) => {
  if (event.target.name === "entry") event.target.form.requestSubmit();
});
