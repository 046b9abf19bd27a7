// Filling in a form: a person brings their role, somebody else is typed, a fold says what is in it, a dose its mg/kg.
"use strict";

(() => {
  const form = () => document.getElementById("record");

  // The role that stands beside a person: of the event's reporter, or of the same row.
  const roleBeside = (person) => form().elements[person.name.replace(/\/id$/, "/role")];

  const other = (person) => {
    const isOther = "other" in person.selectedOptions[0].dataset;
    const place = person.parentElement.querySelector(".other");
    place.hidden = !isOther;
    const insists = "insists" in person.dataset;
    person.required = insists && !isOther;
    place.querySelector("input").required = insists && isOther;
    if (!isOther) place.querySelector("input").value = "";
    return isOther && place.querySelector("input");
  };

  const bring = (person) => {
    const role = roleBeside(person);
    const theirs = person.selectedOptions[0].dataset.role;
    if (!(role instanceof HTMLSelectElement) || !theirs) return null;
    role.value = [...role.options].some((one) => one.value === theirs) ? theirs : "";
    return role;
  };

  const tell = (fold) => {
    const chosen = [...fold.querySelectorAll("input:checked")].map((one) => one.parentElement.textContent.trim());
    const typed = [...fold.querySelectorAll("input:not([type=checkbox])")].map((one) => one.value.trim()).filter(Boolean);
    fold.querySelector(".tally").textContent = [...chosen, ...typed].join(", ") || "none";
  };

  const weigh = () => {
    const said = form()?.querySelector(".by-weight");
    if (!said) return;
    const mg = Number(document.getElementById(said.htmlFor.value).value);
    const weight = Number(said.dataset.weight);
    said.textContent = mg > 0 && weight > 0 ? `${(mg / weight).toFixed(2)} mg/kg` : "";
  };

  const begin = () => {
    if (!form()) return;
    for (const person of form().querySelectorAll("select[data-person]")) {
      const typed = person.parentElement.querySelector(".other input").value;
      if (typed && !person.value) person.querySelector("[data-other]").selected = true;
      other(person);
      const role = roleBeside(person);
      if (role instanceof HTMLSelectElement && !role.value) bring(person);
    }
    form().querySelectorAll("[data-tells]").forEach(tell);
    weigh();
  };

  document.addEventListener("change", (event) => {
    if (!event.target.matches("#record select[data-person]")) return;
    other(event.target)?.focus?.();
    const role = bring(event.target);
    if (role?.value) role.dispatchEvent(new Event("change", { bubbles: true })); // as if they had chosen it
  });
  document.addEventListener("input", (event) => {
    const fold = event.target.closest("#record [data-tells]");
    if (fold) tell(fold);
    weigh();
  });
  document.addEventListener("htmx:afterSettle", begin);
  document.addEventListener("kapstan:restored", begin);
  begin();

  // A reading is begun where the first thing is to be entered.
  const quick = document.querySelector(".quick #record");
  const isIdle = document.activeElement === document.body; // whoever types already goes on where they are
  if (quick && isIdle && !document.querySelector("[autofocus]")) {
    const person = quick.querySelector("select[data-person]");
    (person && !person.value ? person : quick.querySelector("input[type=number]"))?.focus({ preventScroll: true });
  }
})();
