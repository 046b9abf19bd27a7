// All that is wrong in a form is said at once, each at its field and in our words; a browser says one thing, for seconds.
"use strict";

(() => {
  const NEEDED = "This is needed";
  const MINUTE = 60000; // milliseconds

  const withUnit = (control, value) => {
    const unit = control.labels[0]?.querySelector(".unit")?.textContent;
    return unit && !unit.startsWith("of ") ? `${value} ${unit}` : value; // "5 at most", of 5
  };

  // The latest that a clock has shown until a minute from now: of an hour that comes twice, one has been already.
  const latest = (zone) => {
    const wall = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "medium", timeZone: zone });
    const shown = (ahead) => Date.parse(`${wall.format(kapstan.now() + ahead * MINUTE).replace(" ", "T")}Z`);
    return Math.max(...Array.from({ length: 62 }, (_, ago) => shown(1 - ago)));
  };

  const isAhead = (control) => {
    try {
      return control.valueAsNumber > latest(control.form.elements.zone.value);
    } catch {
      return false; // a zone that this browser does not know yet: the server tells
    }
  };

  const now = (zone) => new Intl.DateTimeFormat("en-GB", { timeStyle: "short", timeZone: zone }).format(kapstan.now());

  // What a browser could know and does not check: nothing is left for a second try.
  const unchecked = (control) => {
    const { dataset, form, min, name, required, value } = control;
    const said = value.trim();
    if (required && value && !said) return NEEDED;
    if ("least" in dataset && !said && !form.querySelector(`[name="${name}"]:checked`)) return "must have one at least";
    if (dataset.pattern && said && !new RegExp(dataset.pattern).test(said)) return dataset.otherwise;
    if ("above" in dataset && control.valueAsNumber <= Number(min)) return `must be more than ${withUnit(control, min)}`;
    if ("past" in dataset && isAhead(control)) return `This is still to come: it is ${now(form.elements.zone.value)} by the site's clock`;
    return "";
  };

  const words = (control) => {
    const { validity, min, max, type } = control;
    if (validity.badInput) return type === "number" ? "must be a number" : "This cannot be read: look at it once more";
    if (validity.valueMissing) return NEEDED;
    if (validity.rangeUnderflow) return `must be ${withUnit(control, min)} or more`;
    if (validity.rangeOverflow) return `must be ${withUnit(control, max)} at most`;
    if (validity.stepMismatch && type === "number") return "must be a whole number";
    return control.validationMessage;
  };

  // A question is one control, or the whole of what is answered by one of several.
  const questionOf = (control) => (control.type === "radio" || "least" in control.dataset ? control.closest("fieldset") : control);

  // Whoever said it, this page or the last answer.
  const saidIn = (field) => [...(field?.querySelectorAll(".wrong") ?? [])].filter((said) => said.closest(".field") === field);

  const idsOf = (one) => (one.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean);
  const describe = (one, ids) => (ids.length ? one.setAttribute("aria-describedby", ids.join(" ")) : one.removeAttribute("aria-describedby"));

  const unsay = (said) => {
    said.remove();
    for (const one of document.querySelectorAll(`[aria-describedby~="${said.id}"]`)) {
      one.removeAttribute("aria-invalid");
      describe(one, idsOf(one).filter((id) => id !== said.id));
    }
  };

  const say = (control) => {
    const id = `mistake-${control.name}`;
    if (document.getElementById(id)) return; // several controls of one question
    const question = questionOf(control);
    saidIn(control.closest(".field")).forEach(unsay);
    const said = Object.assign(document.createElement("p"), { className: "wrong", id });
    said.setAttribute("role", "alert");
    said.append(Object.assign(document.createElement("span"), { className: "mark", ariaHidden: "true", textContent: "◆" }));
    said.append(` ${words(control)}`);
    question.setAttribute("aria-invalid", "true");
    describe(question, [id, ...idsOf(question)]);
    if (question === control) control.after(said);
    else question.append(said);
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
      const question = questionOf(control);
      first = question === control ? control : question.querySelector("input");
      setTimeout(() => {
        first.focus();
        first.closest(".field")?.scrollIntoView({ block: "center" });
        first = null;
      });
    },
    true,
  );

  // What is put right is silent: the field, what holds it, and what was said of several fields at once.
  for (const changed of ["input", "change"]) {
    document.addEventListener(changed, ({ target }) => {
      if (!target.closest("#record")) return;
      for (let field = target.closest(".field"); field; field = field.parentElement.closest(".field")) saidIn(field).forEach(unsay);
      for (const id of idsOf(target)) if (document.getElementById(id)?.matches(".wrong")) unsay(document.getElementById(id));
    });
  }

  // Each try is told anew.
  document.addEventListener("click", (event) => {
    const form = event.target.closest("#record [type=submit]")?.form;
    if (!form) return;
    form.querySelectorAll("[id^='mistake-']").forEach(unsay);
    for (const control of form.elements) if (control.willValidate) control.setCustomValidity(unchecked(control));
  }, true);
})();
