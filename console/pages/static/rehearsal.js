// The cursor of a rehearsal says where it is while it is moved, and its moment is fetched; without this its button does.
"use strict";

(() => {
  const told = (slider) => document.querySelector(`li[data-moment="${slider.value}"]`)?.dataset.at ?? "";

  const point = (slider) => {
    const here = Number(slider.value);
    const at = told(slider);
    slider.setAttribute("aria-valuetext", at);
    document.getElementById("moment-at").textContent = at;
    for (const step of document.querySelectorAll("li[data-moment]")) {
      const place = Number(step.dataset.moment);
      step.classList.toggle("here", place === here);
      step.classList.toggle("ahead", place > here);
      if (place === here) step.setAttribute("aria-current", "step");
      else step.removeAttribute("aria-current");
    }
  };

  document.addEventListener("input", (event) => {
    if (event.target.id === "moment") point(event.target);
  });

  // What is shown beneath is not of this moment then: the button asks again, and says why there is none.
  for (const failed of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.addEventListener(failed, (event) => {
      if (event.detail.elt.id !== "moment") return;
      document.getElementById("moment-at").textContent = `${told(event.detail.elt)}: not fetched, go there by the button`;
    });
  }
})();
