// An open page hears of every change and fetches itself anew; what somebody is filling in, or looks at, stays as it is.
"use strict";

(() => {
  const SETTLE = 150; // milliseconds: several changes at once are one
  const EVERY = 60000; // time alone makes things late
  const AGAIN = [500, 1000, 2000, 5000];
  const SILENT = 15000; // a sign of life comes every five seconds: without three of them nobody is at the other end

  const link = document.getElementById("link");
  let failures = 0;
  let waiting = null;
  let source = null;
  let contact = Date.now(); // when the console was last heard at all
  let stirred = contact; // when the stream last gave a sign of life, or was last asked for one

  const changed = () => {
    waiting ??= setTimeout(() => {
      waiting = null;
      htmx.trigger(document.body, "kapstan:changed");
    }, SETTLE);
  };

  const tell = (state, words) => {
    if (link.dataset.state === state) return;
    link.dataset.state = state;
    link.textContent = words;
  };

  const lost = () => {
    tell("lost", `Not connected since ${kapstan.at(contact)}: what you see may be old. Trying again.`);
  };

  const alive = () => {
    contact = stirred = Date.now();
  };

  const tryAgain = () => {
    lost();
    source.close();
    if (failures === 1) changed(); // whoever is not signed in any more learns it now
    setTimeout(listen, AGAIN[Math.min(failures, AGAIN.length - 1)]);
    failures += 1;
  };

  const listen = () => {
    source = new EventSource("/live");
    stirred = Date.now();
    source.onopen = () => {
      alive();
      changed(); // what happened before anybody listened, or while nobody could, is in the page now
      failures = 0;
      tell("live", "");
    };
    for (const kind of ["alive", "record_store"]) source.addEventListener(kind, alive);
    for (const kind of ["course", "session", "escalation"]) {
      source.addEventListener(kind, () => {
        alive();
        changed();
      });
    }
    source.onerror = tryAgain;
  };

  // A line that went dead without a word looks like a quiet night: whoever is silent too long is taken for gone.
  const listenForLife = () => {
    if (source.readyState !== EventSource.CLOSED && Date.now() - stirred > SILENT) tryAgain();
  };

  // A page that cannot be fetched anew stays, and says that it may be old.
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.elt.id !== "floor") return;
    const { status } = event.detail.xhr;
    if (status > 0 && status < 500 && status !== 429) {
      contact = Date.now();
      if (source.readyState === EventSource.OPEN) tell("live", "");
      return;
    }
    lost();
    setTimeout(changed, AGAIN.at(-1));
  });

  // A form says for itself what became of it; what was entered in it stays theirs.
  const say = (form, words) => {
    const place = form.querySelector(":scope > .sends") ?? form.firstChild; // where the thumb is
    const said = form.querySelector(":scope > .said") ?? form.insertBefore(document.createElement("p"), place);
    if (said.textContent === words) return;
    said.className = "notice urgent said";
    said.setAttribute("role", "alert");
    said.textContent = words;
    said.scrollIntoView({ block: "center" });
    form.dataset.touched = "";
    delete form.dataset.sent;
  };
  const formOf = (event) => {
    const sender = event.detail.requestConfig.elt;
    return sender instanceof HTMLFormElement ? sender : null;
  };

  // A form that was sent is theirs until it is answered, and whoever sent it is left at what it was about.
  let sentFrom = null;
  document.addEventListener("htmx:beforeRequest", (event) => {
    const form = formOf(event);
    if (!form) return;
    form.dataset.sent = "";
    delete form.dataset.touched;
    delete form.dataset.unsure;
    form.querySelector(":scope > .said")?.remove();
    // Read, and acted on; but what is being sent stays until it is answered.
    document.querySelectorAll("[data-refused]").forEach((refusal) => refusal.contains(form) || refusal.remove());
    sentFrom = form.closest("[tabindex]")?.id;
    document.activeElement.blur();
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (sentFrom && document.activeElement === document.body) document.getElementById(sentFrom)?.focus();
    sentFrom = null;
  });

  const MAY_BE_SENT_AGAIN = new Set([422, 429, 503]); // what was entered is still needed

  // An answer that is no page of the floor takes nothing away from the one that is open: the form says what it says.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { serverResponse, xhr } = event.detail;
    const form = formOf(event);
    if (serverResponse.includes(`id="${form?.dataset.answer ?? "floor"}"`)) {
      if (form) delete form.dataset.sent;
      if (form && MAY_BE_SENT_AGAIN.has(xhr.status)) form.dataset.touched = "";
      if (document.querySelector("main.instead")) location.replace(location.href); // why there is no page is no part of it
      return;
    }
    event.detail.shouldSwap = false;
    if (!form) return;
    const told = new DOMParser().parseFromString(serverResponse, "text/html").querySelector("main");
    const words = Array.from(told?.children ?? [], (one) => one.textContent.trim()).join(". ");
    say(form, words || `Kapstan answered with an error (${xhr.status}).`);
  });
  for (const failed of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(failed, (event) => {
      const form = formOf(event);
      if (!form) return;
      form.dataset.unsure = "";
      say(form, "Kapstan could not be reached: perhaps nothing was noted down. Act, and send it again.");
    });
  }

  // What somebody touched is theirs until it is answered: a half-filled form, an opened fold.
  const TOUCHED = "form[data-touched], form[data-sent]";
  const isHers = (node) =>
    node instanceof HTMLFormElement && (node.matches(TOUCHED) || node.contains(document.activeElement));

  const NOT_SENT = "This has moved on meanwhile. What you wrote is kept here, and was not sent.";
  const PERHAPS_BY_HER = "This has moved on meanwhile, perhaps by what you sent: look before you send it again.";

  // Where there is no place for it any more, because somebody was quicker, what they wrote stays, and they are told.
  const isKept = (node) => {
    if (node.nodeType !== 1) return false;
    const theirs = [node, ...node.querySelectorAll("form")].filter((one) => one.matches(TOUCHED));
    for (const form of theirs) {
      if ("touched" in form.dataset) say(form, "unsure" in form.dataset ? PERHAPS_BY_HER : NOT_SENT);
    }
    return theirs.length > 0;
  };

  Idiomorph.defaults.callbacks.beforeNodeMorphed = (old) => !isHers(old);
  // A refusal is no part of how things are: it stays until they have read it, and act again.
  const isRefusal = (node) => node.nodeType === 1 && node.matches("[data-refused]");
  Idiomorph.defaults.callbacks.beforeNodeRemoved = (node) => !isRefusal(node) && !isKept(node);
  // What they have opened stays open, and the entry of the ledger that they jumped to stays marked.
  const isTheirs = (name, node) => (name === "open" ? node.matches("details, dialog") : name === "class" && node.matches("tr.here"));
  Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, node) => !isTheirs(name, node);
  // A card that changed glows once: its version is another than the one that was shown.
  const shown = new Map();
  const look = (node) => {
    if (node.nodeType !== 1 || !node.dataset.version) return;
    const before = shown.get(node.id);
    if (before !== undefined && before !== node.dataset.version) node.classList.add("glow");
    shown.set(node.id, node.dataset.version);
  };
  Idiomorph.defaults.callbacks.afterNodeMorphed = look;

  document.addEventListener("input", (event) => {
    const form = event.target.closest("form");
    if (form) form.dataset.touched = "";
  });
  document.addEventListener("animationend", (event) => event.target.classList.remove("glow"));

  document.querySelectorAll("[data-version]").forEach(look);
  listen();
  setInterval(listenForLife, 1000);
  setInterval(changed, EVERY);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && changed());
})();
