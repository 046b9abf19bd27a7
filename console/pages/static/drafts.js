// What is entered in a form that records is kept in this tab until it is recorded: a dead line or an ended sign-in
// loses nothing. It is kept for whoever signed in with the same token, and for nobody else.
"use strict";

(() => {
  const KEPT = "kapstan-draft ";
  const MINE = `${KEPT}${document.getElementById("floor").dataset.owner} `;
  const OUT = "kapstan signed out"; // when somebody last signed out of this browser, in whichever tab
  const RECORDED = /[?&]answered=/;
  const FRESH = 15 * 60000; // milliseconds: what is older may be of another reading, and is only offered

  const TO_THE_SECOND = /T\d\d:\d\d:\d\d/; // a form takes whole minutes, but what it has noted by itself is kept as it is

  const form = () => document.getElementById("record");
  const key = () => MINE + form().getAttribute("action");
  const drop = (isToGo) => Object.keys(sessionStorage).filter(isToGo).forEach((one) => sessionStorage.removeItem(one));

  const kept = () => JSON.parse(sessionStorage.getItem(key()) ?? "null");
  const keep = (sentAt) => {
    const entered = [...new FormData(form())].filter(([name]) => name !== "form_key");
    try {
      sessionStorage.setItem(key(), JSON.stringify({ at: Date.now(), sentAt, entered }));
    } catch {
      // a full store keeps nothing more: the form itself still holds what was entered
    }
  };

  // What happened happened when it was first sent, however late it arrives: the form says so, and they may change it.
  const date = (at) => {
    const time = form().elements["/time"];
    if (!at || !("happened" in form().dataset) || !time || time.value) return;
    const zone = form().elements.zone.value;
    time.step = 1; // second
    time.value = new Date(at).toLocaleString("sv-SE", { timeZone: zone }).replace(" ", "T");
    time.closest("details")?.setAttribute("open", "");
  };

  const fill = (entered) => {
    const left = new Map();
    for (const [name, value] of entered) left.set(name, [...(left.get(name) ?? []), value]);
    for (const control of form().elements) {
      if (!control.name || control.name === "form_key" || control.type === "submit") continue;
      const values = left.get(control.name) ?? [];
      if (control.type === "radio" || control.type === "checkbox") {
        control.checked = values.includes(control.value);
        if (control.checked) values.splice(values.indexOf(control.value), 1);
      } else {
        const value = values.shift() ?? "";
        if (TO_THE_SECOND.test(value) && control.type === "datetime-local") control.step = 1;
        control.value = value;
      }
      const isChosen = control.type === "radio" || control.type === "checkbox";
      const isOther = isChosen ? control.checked && !control.defaultChecked : control.value && control.value !== control.defaultValue;
      if (isOther) control.closest("details")?.setAttribute("open", "");
    }
    return [...left].flatMap(([name, values]) => values.filter(Boolean).map((value) => [name, value]));
  };

  const button = (words, act) => {
    const made = Object.assign(document.createElement("button"), { type: "button", className: "plain small", textContent: words });
    made.addEventListener("click", act);
    return made;
  };

  const notice = (words, at, ...buttons) => {
    const said = Object.assign(document.createElement("p"), { className: "notice urgent restored" });
    said.setAttribute("role", "status");
    said.append(`${words} ${kapstan.at(at)}. It is not known to be recorded. `, ...buttons);
    return said;
  };
  const say = (...told) => {
    document.querySelector("#record > .restored")?.remove();
    form().prepend(notice(...told));
  };
  const anew = () =>
    button("Begin anew", () => {
      sessionStorage.removeItem(key());
      location.assign(form().getAttribute("action") + location.search);
    });

  const putBack = (draft) => {
    const rest = fill(draft.entered);
    date(draft.sentAt);
    form().dataset.touched = "";
    document.dispatchEvent(new Event("kapstan:restored"));
    say("This is what you entered at", draft.at, anew());
    const more = form().querySelector("[name=one_more_row]");
    if (!rest.length || !more) return;
    // Rows for which there is no place yet: the form is asked for again with all that was entered.
    for (const [name, value] of rest) form().append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
    more.click();
  };

  const restore = () => {
    const draft = kept();
    if (!draft) return;
    if (Date.now() - draft.at < FRESH) putBack(draft);
    else say("You entered something here at", draft.at, button("Put it back", () => putBack(draft)), anew());
  };

  // What is written of an escalation is kept the same way, each form by itself: an hour with a patient ends a sign-in.
  const ACT = "form.act[hx-post]";
  const UNKEPT = new Set(["form_key", "id"]);
  const keyOf = (act) => MINE + act.getAttribute("action");

  const putBackActs = () => {
    for (const act of document.querySelectorAll(ACT)) {
      const draft = JSON.parse(sessionStorage.getItem(keyOf(act)) ?? "null");
      if (!draft || "touched" in act.dataset) continue;
      for (const [name, value] of draft.entered) if (act.elements[name]) act.elements[name].value = value;
      act.dataset.touched = "";
      act.closest("details")?.setAttribute("open", "");
      act.prepend(notice("This is what you entered at", draft.at));
    }
  };
  const keepAct = (act) => {
    const entered = [...new FormData(act)].filter(([name]) => !UNKEPT.has(name));
    try {
      sessionStorage.setItem(keyOf(act), JSON.stringify({ at: Date.now(), entered }));
    } catch {
      // a full store keeps nothing more: the form itself still holds what was entered
    }
  };
  // Once a note is added nothing that was written of its escalation is kept: it may have come too late to resolve with.
  const noted = (act) => {
    const action = act.getAttribute("action");
    if (action.endsWith("/note")) drop((one) => one.startsWith(MINE + action.replace(/note$/, "")));
    else sessionStorage.removeItem(keyOf(act));
  };
  document.addEventListener("input", (event) => {
    const act = event.target.closest(ACT);
    if (act) keepAct(act);
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt.matches(ACT)) keepAct(event.detail.elt);
  });
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const { elt, xhr } = event.detail;
    if (!elt.matches(ACT) || xhr.status !== 200) return;
    noted(elt);
    elt.closest("[data-refused]")?.remove(); // what was refused is noted down now
  });
  document.addEventListener("submit", (event) => {
    if (event.target.matches("form.act:not([hx-post])")) noted(event.target);
  });

  const isDraft = (one) => one.startsWith(KEPT);
  const isOut = (one) => JSON.parse(sessionStorage.getItem(one)).at <= Number(localStorage.getItem(OUT) ?? 0);
  drop((one) => isDraft(one) && (!one.startsWith(MINE) || isOut(one))); // somebody else has signed in here, or they are out
  putBackActs();
  if (form() && !("touched" in form().dataset)) restore();

  document.addEventListener("input", (event) => {
    if (form()?.contains(event.target)) keep(kept()?.sentAt);
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt === form() && !("isAsked" in form().dataset)) keep(Date.now());
  });
  for (const failed of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(failed, (event) => {
      if (event.detail.elt !== form()) return;
      date(kept()?.sentAt);
      form().querySelector(":scope > .said")?.scrollIntoView({ block: "center" }); // what was opened has moved it
    });
  }
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    if (event.detail.elt !== form()) return;
    if (RECORDED.test(event.detail.xhr.getResponseHeader("HX-Redirect") ?? "")) sessionStorage.removeItem(key());
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-nothing-recorded]")) sessionStorage.removeItem(key());
  });
  document.addEventListener("submit", (event) => {
    if (event.target.getAttribute("action") !== "/sign-out") return;
    drop(isDraft);
    try {
      localStorage.setItem(OUT, Date.now());
    } catch {
      // where a browser keeps nothing, other tabs know when somebody else signs in
    }
  });
  window.addEventListener("storage", (event) => {
    if (event.key === OUT) drop(isDraft); // out in another tab is out here too
  });
})();
