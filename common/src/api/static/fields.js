/** Say what is wrong with a control, beside it; an empty text takes it back. */
function showError(control, text) {
  beside(control, "field-error", text);
  if (text) {
    beside(control, "field-note", "");
    control.setAttribute("aria-invalid", "true");
  } else {
    control.removeAttribute("aria-invalid");
  }
}

/** Remark on a control's value, beside it, without refusing it; an empty text takes it back. */
function showNote(control, text) {
  if (beside(control, "field-note", text)) announce(text);
}

/** Move the focus to a control, unfolding what hides it. */
function reveal(control) {
  const folded = control.closest("details");
  if (folded) folded.open = true;
  control.focus();
}

/** Write into the control's paragraph of that class, which is made at the first need. */
function beside(control, kind, text) {
  const id = `${control.id}-${kind}`;
  let place = document.getElementById(id);
  if ((place?.textContent ?? "") === text) return false;
  if (!place) {
    place = document.createElement("p");
    place.id = id;
    place.className = kind;
    control.closest(".field").append(place);
    const described = control.getAttribute("aria-describedby");
    control.setAttribute("aria-describedby", described ? `${described} ${id}` : id);
  }
  place.textContent = text;
  return text !== "";
}

/** Run work() unless it runs already; meanwhile `region` is busy and the buttons of `form` wait. */
async function once(form, region, work) {
  if (region.getAttribute("aria-busy") === "true") return;
  const buttons = form.querySelectorAll("button");
  region.setAttribute("aria-busy", "true");
  // Not `disabled`: that would take the focus away from who has just pressed one.
  for (const button of buttons) button.setAttribute("aria-disabled", "true");
  try {
    await work();
  } finally {
    region.removeAttribute("aria-busy");
    for (const button of buttons) button.removeAttribute("aria-disabled");
  }
}

/** A new element with a class and children: nodes, or texts, which are never taken for HTML. */
function element(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
}
