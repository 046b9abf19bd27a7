// Keys: `/` finds a course, `g` and a letter open a page, `?` tells what the signs and the keys mean.
"use strict";

(() => {
  const GOES_WITHIN = 1500; // milliseconds between `g` and its letter
  const OFF = "kapstan-keys-off";
  let goesSince = -Infinity;

  const isTyping = (target) => target instanceof Element && target.closest("input, select, textarea, [contenteditable]");

  const isOff = () => localStorage.getItem(OFF) !== null;

  const find = () => {
    const field = document.querySelector("input[type=search]");
    if (field) field.focus();
    else location.assign("/#find");
  };

  const goesTo = (letter) => document.querySelector(`nav a[aria-keyshortcuts="g+${letter}"]`);

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || isOff()) return;
    const isGoing = event.timeStamp - goesSince < GOES_WITHIN;
    goesSince = event.key === "g" ? event.timeStamp : -Infinity;
    const link = isGoing && /^[a-z]$/.test(event.key) ? goesTo(event.key) : null;
    if (link) location.assign(link.href);
    else if (event.key === "/") find();
    else if (event.key === "?") document.getElementById("key")?.togglePopover();
    else return;
    event.preventDefault();
  });

  // Somebody who dictates, or whose hand slips, can do without them: this screen remembers it.
  const follow = () => {
    const choice = document.getElementById("keys-work");
    if (choice) choice.checked = !isOff();
  };
  document.addEventListener("change", (event) => {
    if (event.target.id !== "keys-work") return;
    if (event.target.checked) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "");
  });
  document.addEventListener("htmx:afterSettle", follow);
  follow();
  if (location.hash === "#find") find();
})();
