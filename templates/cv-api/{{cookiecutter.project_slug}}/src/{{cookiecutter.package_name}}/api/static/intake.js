// Where pictures come from: a file, a drop, the clipboard, an example. Each is given to the form
// as an event, `picture`.
const form = document.querySelector("#picture");
const stage = form.querySelector("#stage");
const control = form.querySelector("#file");
const capture = form.querySelector("#capture");

/** Give the first of the files to the form, or say what is wrong: `nothing`, if there is none. */
function take(files, nothing) {
  if (files.length === 0) {
    showNote(control, nothing);
    return;
  }
  form.dispatchEvent(new CustomEvent("picture", { detail: files[0] }));
  if (files.length > 1) showNote(control, `Of these ${files.length} files, the first was taken.`);
}

/** A picture of the page as the file that it was made from. */
function fileOf(image, name) {
  const [kind, content] = image.src.slice("data:".length).split(";base64,");
  const bytes = Uint8Array.from(atob(content), (character) => character.charCodeAt(0));
  return new File([bytes], name, { type: kind });
}

/** Whether something is dragged that would take the browser away from this page. */
const isTaken = ({ dataTransfer }) => ["Files", "text/uri-list"].some((kind) => dataTransfer?.types.includes(kind));

for (const input of [control, capture]) {
  input.addEventListener("change", () => {
    if (input.files.length) take(input.files);
  });
}
// Anywhere on the page: who misses the frame would leave the page for the picture.
addEventListener("dragover", (event) => {
  if (!isTaken(event)) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "copy";
  stage.classList.add("over");
});
addEventListener("dragleave", (event) => {
  if (event.relatedTarget === null) stage.classList.remove("over");
});
addEventListener("drop", (event) => {
  stage.classList.remove("over");
  if (!isTaken(event)) return;
  event.preventDefault();
  take(event.dataTransfer.files, "That was a link. Save the picture first, and drop the file.");
});
addEventListener("paste", (event) => {
  if (event.target.closest?.("#key")) return;
  take(event.clipboardData.files, "The clipboard holds no picture. Copy one first.");
});
document.querySelector("#examples")?.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button) take([fileOf(button.querySelector("img"), button.dataset.name)]);
});
