// All that is wrong in a form is said at once, each at its field and in our words; a browser says one thing, for seconds.
"use strict";

(() => {
  const words = (control) => {
    const { validity, min, max, type } = control;
    const unit = control.labels[0]?.querySelector(".unit")?.textContent;
    const bound = (value) => (unit && !unit.startsWith("of ") ? `${value} ${unit}` : value); // "5 at most", of 5
    if (validity.badInput) return type === "number" ? "must be a number" : "This cannot be read: look at it once more";
    if (validity.valueMissing) return "This is needed";
    if (validity.rangeUnderflow) return `must be ${bound(min)} or more`;
    if (validity.rangeOverflow) return `must be ${bound(max)} at most`;
    if (validity.stepMismatch && type === "number") return "must be a whole number";
    return control.validationMessage;
  };

  // A field is one control, or the whole of a question that is answered by one of several.
  const fieldOf = (control) => (control.type === "radio" ? control.closest("fieldset") : control);
  const saidOf = (field) => document.getElementById(field.dataset.mistake ?? "");

  const clear = (field) => {
    saidOf(field)?.remove();
    field.removeAttribute("aria-invalid");
    if (field.dataset.before) field.setAttribute("aria-describedby", field.dataset.before);
    else field.removeAttribute("aria-describedby");
    delete field.dataset.mistake;
    delete field.dataset.before;
  };

  const say = (control) => {
    const field = fieldOf(control);
    if ("mistake" in field.dataset) return; // several controls of one question
    const said = Object.assign(document.createElement("p"), { className: "wrong", id: `mistake-${control.name}` });
    said.setAttribute("role", "alert");
    said.append(Object.assign(document.createElement("span"), { className: "mark", ariaHidden: "true", textContent: "◆" }));
    said.append(` ${words(control)}`);
    const before = field.getAttribute("aria-describedby") ?? "";
    document.getElementById(`${field.id}-error`)?.remove(); // what the last answer said of it
    Object.assign(field.dataset, { mistake: said.id, before });
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", `${said.id} ${before}`.trim());
    if (field === control) control.after(said);
    else field.append(said);
  };

  let first = null;
  document.addEventListener(
    "invalid",
    (event) => {
      const control = event.target;
      if (!control.closest("#record")) return;
      event.preventDefault(); // the browser's own bubble
      say(control);
      control.closest("details")?.setAttribute("open", "");
      if (first) return;
      first = control;
      setTimeout(() => {
        first.focus();
        first.closest(".field")?.scrollIntoView({ block: "center" });
        first = null;
      });
    },
    true,
  );
  for (const changed of ["input", "change"]) {
    document.addEventListener(changed, (event) => {
      const field = event.target.closest("#record") && fieldOf(event.target);
      if (field && "mistake" in field.dataset) clear(field);
    });
  }
  // Each try is told anew.
  document.addEventListener("click", (event) => {
    if (event.target.closest("#record [type=submit]")) document.querySelectorAll("#record [data-mistake]").forEach(clear);
  }, true);
})();
