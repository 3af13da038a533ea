const PAUSE_MS = 150; // without a key before the mood is asked for
const LONGER_PAUSE_MS = 500; // and before the words are, which costs a run of the model for each
const MOST_BARS = 10;
const WEAK = 0.1; // of the strongest word's weight: below it a word is not marked
const STRONG = 0.5;
const UNREAD_SHOWN = 300; // characters behind what was read that are shown
const form = document.querySelector("#mood");
const control = form.querySelector("#text");
const region = document.querySelector("#answer");
const headline = document.querySelector("#headline");
const chances = document.querySelector("#chances");
const why = document.querySelector("#why");
const waiting = headline.innerHTML;
const classes = JSON.parse(region.dataset.classes);
const signed = (value) => value.toLocaleString(undefined, { signDisplay: "exceptZero", minimumFractionDigits: 2, maximumFractionDigits: 2 });
let asked = new AbortController(); // of the text that is in the field now

/** Ask for the mood of the text once nothing has been typed for a moment; what is on its way ends. */
async function follow(pause) {
  asked.abort();
  asked = new AbortController();
  const stop = asked.signal;
  const text = control.value;
  showError(control, "");
  if (text.trim() === "") {
    start();
    return;
  }
  for (const part of [headline, chances, why]) part.classList.add("stale");
  region.setAttribute("aria-busy", "true");
  try {
    await rest(pause, stop);
    showMood(await ask("/predict", { text }, stop));
    region.removeAttribute("aria-busy");
    await rest(pause && LONGER_PAUSE_MS - pause, stop);
    why.setAttribute("aria-busy", "true");
    await showWords(text, stop);
  } catch (error) {
    if (!stop.aborted) refuse(error);
  }
}

function rest(milliseconds, stop) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    stop.addEventListener("abort", () => { clearTimeout(timer); reject(stop.reason); }, { once: true });
  });
}

/** As it was before anything was typed. */
function start() {
  fresh();
  headline.innerHTML = waiting;
  chances.hidden = true;
  why.replaceChildren();
  showNote(control, "");
}

function fresh() {
  region.removeAttribute("aria-busy");
  why.removeAttribute("aria-busy");
  for (const part of [headline, chances, why]) part.classList.remove("stale");
}

function refuse(error) {
  if (!(error instanceof Refusal)) throw error;
  start();
  if (error.field === "text") showError(control, error.message.replace("text: holds", "This holds"));
  headline.replaceChildren(element("p", "failed", `No answer. ${error.field ? "The text needs a look." : error.message}`));
  announce(headline.textContent);
}

function showMood(found) {
  headline.classList.remove("stale");
  chances.classList.remove("stale");
  const label = element("p", "label", found.label);
  label.dataset.confidence = found.confidence;
  const lines = [label, element("p", "small", `${percent(found.confidence)} sure`)];
  if (found.version !== document.querySelector("main").dataset.version) {
    lines.push(element("p", "notice", "The model was exchanged since this page was opened. Reload the page."));
  }
  headline.replaceChildren(...lines);
  showChances(found);
  showNote(control, found.truncated ? `Only the first ${found.tokens} tokens were read; the text goes on behind them.` : "");
}

/** A bar for each class, always in the same order, so that the eye can follow them. */
function showChances({ label, probabilities }) {
  // A model that was exchanged may have other classes than the page was made for.
  if (Object.keys(probabilities).length !== classes.length || !classes.every((name) => Object.hasOwn(probabilities, name))) {
    chances.hidden = true;
    return;
  }
  if (chances.hidden) {
    chances.replaceChildren(chanceTable("Probability of each class", classes));
    chances.hidden = false;
  }
  fillChances(chances, probabilities, label);
}

async function showWords(text, stop) {
  let shown;
  let said = "";
  try {
    const found = await ask("/explain", { text }, stop);
    shown = wordParts(text, found);
    said = `${found.label}, ${percent(found.confidence)} sure.`;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    shown = [element("p", "small", `Which words moved it cannot be shown. ${error.message}`)];
  }
  fresh();
  why.replaceChildren(...shown);
  // Only now: a screen reader would be interrupted by each key.
  announce(said || headline.textContent);
}

function wordParts(text, { label, words }) {
  // Places are counted in characters, of which JavaScript's texts may hold some as two units.
  const characters = Array.from(text);
  const strongest = Math.max(...words.map((word) => Math.abs(word.weight)), 0);
  const read = element("p", "read");
  read.dir = "auto";
  let at = 0;
  for (const word of words) {
    read.append(characters.slice(at, word.start).join(""), marked(word, strongest, label));
    at = word.end;
  }
  const rest = characters.slice(at);
  if (rest.length) read.append(element("span", "unread", rest.slice(0, UNREAD_SHOWN).join("") + (rest.length > UNREAD_SHOWN ? " …" : "")));
  const note = element(
    "p", "small",
    `Solid underline: speaks for ${label}. Wavy underline: speaks against it. Bold: at least half as much as the strongest.`,
  );
  const parts = words.map(({ text: name, weight }) => ({ name, value: weight }));
  const table = barChart({
    title: parts.length > MOST_BARS ? `The ${MOST_BARS} that moved it most` : "How far each moved it",
    note: `What each adds to the log-odds of “${label}”, seen by leaving it out: +1 makes the odds 2.7 times as high, below 0 speaks against it.`,
    parts: [...parts].sort((a, b) => Math.abs(b.value) - Math.abs(a.value)).slice(0, MOST_BARS),
    text: signed,
  });
  return [element("h3", "", "The words that moved it"), read, note, table];
}

function marked(word, strongest, label) {
  const strength = strongest > 0 ? Math.abs(word.weight) / strongest : 0;
  if (strength < WEAK) return word.text;
  const made = element("mark", `${word.weight > 0 ? "for" : "against"}${strength >= STRONG ? " strong" : ""}`, word.text);
  made.style.setProperty("--strength", strength);
  made.title = `${word.weight > 0 ? "for" : "against"} ${label}: ${signed(word.weight)}`;
  return made;
}

control.addEventListener("input", () => follow(PAUSE_MS));
form.addEventListener("submit", (event) => {
  event.preventDefault();
  follow(0);
});
form.addEventListener("change", (event) => {
  // The key was given: ask anew.
  if (event.target !== control) follow(0);
});
form.addEventListener("click", (event) => {
  const { example } = event.target.dataset;
  if (example === undefined) return;
  control.value = JSON.parse(example);
  follow(0);
});
