// How a patient is, on a page's own link: where that cannot be asked for anew, it says since when it may be old.
"use strict";

for (const failed of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(failed, () => {
    const patient = document.getElementById("patient");
    if (!patient || patient.querySelector(".said")) return;
    const at = new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
    const said = Object.assign(document.createElement("p"), { className: "notice urgent said" });
    said.setAttribute("role", "alert");
    said.textContent = `Not connected since ${at}: this may be old. Trying again.`;
    patient.prepend(said);
  });
}
