const form = document.querySelector("#picture");
const control = form.querySelector("#file");
const whole = form.querySelector("#whole");
const shown = form.querySelector("#shown");
const seen = form.querySelector("#seen");
const heat = form.querySelector("#heat");
const empty = form.querySelector("#empty");
const looked = form.querySelector("#looked");
const blend = form.querySelector("#blend");
const strength = form.querySelector("#strength");
const region = document.querySelector("#answer");
const headline = region.querySelector("#headline");
const chances = region.querySelector("#chances");
let held = null; // the file that is shown
let asked = new AbortController(); // for what is shown now
let turned = false; // whether the service has the picture another way up than this browser

/** Show a picture, and ask what is in it; what is on its way for the one before ends. */
async function look(file) {
  const stop = next();
  held = file;
  showError(control, "");
  showNote(control, "");
  hold(file);
  cool();
  // An old bar would be of another picture.
  chances.inert = true;
  for (const part of [headline, chances]) part.classList.add("stale");
  region.setAttribute("aria-busy", "true");
  try {
    await preview(file, stop);
    const found = await ask("/predict", packed(file), stop);
    showAnswer(found);
    fresh();
    bring(headline);
    await explain(found.label, stop);
  } catch (error) {
    if (!stop.aborted) refuse(error);
  }
}

/** End what is on its way. Returns the signal that ends what begins now. */
function next() {
  asked.abort();
  asked = new AbortController();
  return asked.signal;
}

/** Let the control name the file, wherever it came from. */
function hold(file) {
  if (control.files[0] === file) return;
  const files = new DataTransfer();
  files.items.add(file);
  control.files = files.files;
}

function packed(file, label) {
  const body = new FormData();
  body.append("file", file);
  if (label !== undefined) body.append("label", label);
  return body;
}

async function preview(file, stop) {
  const address = await new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(new Refusal("The file cannot be read. Choose it again.", 422));
    reader.readAsDataURL(file);
  });
  stop.throwIfAborted();
  shown.src = address;
  shown.alt = `Your picture, ${file.name}`;
  // The service may know what this browser does not: it is asked in any case.
  const known = await shown.decode().then(() => true, () => false);
  stop.throwIfAborted();
  whole.hidden = !known;
  empty.hidden = known;
  empty.textContent = known ? "" : "This browser cannot show the file.";
  if (known) whole.style.setProperty("--ratio", shown.naturalWidth / shown.naturalHeight);
}

function fresh() {
  whole.removeAttribute("aria-busy");
  region.removeAttribute("aria-busy");
  chances.inert = false;
  for (const part of [headline, chances]) part.classList.remove("stale");
}

function refuse(error) {
  if (!(error instanceof Refusal)) throw error;
  fresh();
  chances.hidden = true;
  const atFault = [413, 415, 422].includes(error.status);
  if (atFault) showError(control, capital(error.message.replace(/^(file|image): /, "")));
  headline.replaceChildren(element("p", "failed", `No answer. ${atFault ? "The picture needs a look." : error.message}`));
  announce(`${headline.textContent} ${atFault ? error.message : ""}`);
  bring(atFault ? control.closest(".field") : headline);
}

/** Scroll no further than it takes to see a part: on a phone, what a press changes may be far off. */
function bring(part) {
  part.scrollIntoView({ block: "nearest" });
}

function capital(text) {
  return text[0].toUpperCase() + text.slice(1);
}

function showAnswer(found) {
  const [said, more] = inWords(found);
  const label = element("p", "label", said);
  label.dataset.label = found.label;
  label.dataset.confidence = found.confidence;
  const lines = [label, element("p", "small", more)];
  if (!found.sure || !found.familiar) lines[1].className = "notice";
  if (found.version !== document.querySelector("main").dataset.version) {
    lines.push(element("p", "notice", "The model was exchanged since this page was opened. Reload the page."));
  }
  headline.replaceChildren(...lines);
  turned = found.width > found.height !== shown.naturalWidth > shown.naturalHeight;
  showChances(found);
  announce(`${said}. ${more}`);
}

/** What the model says of the picture: in a few words, and in a sentence. */
function inWords({ label, confidence, sure, familiar }) {
  const { enough, kept } = region.dataset;
  const chance = percent(confidence);
  if (!familiar) {
    const others = percent(1 - Number(kept));
    return ["Not sure", `This looks unlike anything it was trained on, as ${others} of ordinary pictures do, too. The nearest class is ${label}, at ${chance}.`];
  }
  if (sure) return [label, `${chance} sure`];
  const rule = enough ? `An answer counts as sure from ${percent(Number(enough))} on.` : "This model is never sure enough.";
  return ["Not sure", `Most likely ${label}, at ${chance}. ${rule}`];
}

/** The surest classes, surest first. Each shows where the model looks for it. */
function showChances({ label, top }) {
  const button = (name) => {
    const made = element("button", "", name);
    made.type = "button";
    made.setAttribute("aria-pressed", "false");
    return made;
  };
  const names = top.map((each) => each.label);
  chances.replaceChildren(chanceTable("The likeliest classes. Press one to see where it looks for it.", names, button));
  fillChances(chances, Object.fromEntries(top.map((each) => [each.label, each.probability])), label);
  chances.hidden = false;
}

/** Show where the model looks for a class in the picture that it was last asked about. */
async function explain(label, stop) {
  whole.setAttribute("aria-busy", "true");
  for (const row of chances.querySelectorAll("tr")) {
    row.querySelector("button").setAttribute("aria-pressed", String(row.dataset.class === label));
  }
  try {
    showHeat(await ask("/explain", packed(held, label), stop), label);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    cool();
    looked.textContent = `Where it looks cannot be shown. ${error.message}`;
    announce(looked.textContent);
  }
  whole.removeAttribute("aria-busy");
}

function showHeat({ overlay, box }, label) {
  if (whole.hidden || turned) {
    cool();
    looked.textContent = "Where it looks cannot be shown: this browser shows the picture another way.";
    return;
  }
  const [left, top, right, bottom] = box.map((share) => `${100 * share}%`);
  Object.assign(seen.style, { left, top, width: `calc(${right} - ${left})`, height: `calc(${bottom} - ${top})` });
  heat.src = overlay;
  seen.hidden = blend.hidden = false;
  const part = Math.max(box[0], box[1], 1 - box[2], 1 - box[3]) > 0.001;
  looked.textContent = `Where it looks for “${label}”: the warmer, the more that part speaks for it.${part ? " What is dimmed it does not see." : ""}`;
}

/** Take the heat map away. */
function cool() {
  seen.hidden = blend.hidden = true;
  looked.textContent = "";
}

function mix() {
  whole.style.setProperty("--strength", strength.value / 100);
  strength.setAttribute("aria-valuetext", `${strength.value} per cent`);
}

form.addEventListener("picture", (event) => look(event.detail));
form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (held) look(held);
});
form.querySelector("#key").addEventListener("change", () => {
  if (held) look(held);
});
strength.addEventListener("input", mix);
chances.addEventListener("click", async (event) => {
  const row = event.target.closest("tr");
  if (!row) return;
  const stop = next();
  try {
    await explain(row.dataset.class, stop);
  } catch (error) {
    if (!stop.aborted) throw error;
    return;
  }
  announce(looked.textContent);
  bring(whole);
});
mix();
