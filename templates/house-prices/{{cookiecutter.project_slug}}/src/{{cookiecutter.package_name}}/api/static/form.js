const MOST_BARS = 10;
const form = document.querySelector("form");
const region = document.querySelector("#answer");
const headline = document.querySelector("#headline");
const range = document.querySelector("#range");
const why = document.querySelector("#why");
const controls = new Map(
  [...form.querySelectorAll("[data-column]")].map((control) => [control.dataset.column, control]),
);
const facts = region.dataset;
const style = {
  ...(facts.currency ? { style: "currency", currency: facts.currency } : {}),
  minimumFractionDigits: 0,
  maximumFractionDigits: Number(facts.decimals),
};
const amount = (value) => value.toLocaleString(undefined, style);
const signed = (value) => value.toLocaleString(undefined, { ...style, signDisplay: "exceptZero" });
const plain = (value) => value.toLocaleString(undefined, { maximumFractionDigits: 10, useGrouping: Math.abs(value) >= 10000 });
let last = null; // the prediction that is shown
let explained = 0; // which explanation was asked for last

/** The row as the API takes it: every column, null for one that is left empty. */
function row() {
  return Object.fromEntries([...controls].map(([column, control]) => [column, valueOf(control)]));
}

function valueOf(control) {
  if (control.value === "") return null;
  return control.type === "number" ? Number(control.value) : control.value;
}

/** Remark on a value that is unlike the training rows'; the model takes it all the same. */
function compare(control) {
  const value = valueOf(control);
  const { low, high } = control.dataset;
  let note = "";
  if (value !== null && low !== undefined && value < Number(low)) {
    note = `Below all training rows (${plain(Number(low))}): trust the prediction less.`;
  } else if (value !== null && high !== undefined && value > Number(high)) {
    note = `Above all training rows (${plain(Number(high))}): trust the prediction less.`;
  } else if (value !== null && control.list && ![...control.list.options].some((each) => each.value === value)) {
    note = "Not among the training rows: it counts as unknown.";
  }
  showNote(control, note);
}

/** Mark what cannot be read as a number. Returns the controls that are wrong. */
function wrong() {
  return [...controls.values()].filter((control) => {
    const bad = control.validity.badInput;
    showError(control, bad ? "This is not a number. Write one, such as 12.5, or leave it empty." : "");
    return bad;
  });
}

async function predict() {
  const mistakes = wrong();
  if (mistakes.length > 0) {
    fail(mistakes.length === 1 ? "One field needs a look." : `${mistakes.length} fields need a look.`);
    reveal(mistakes[0]);
    return;
  }
  const asked = row();
  try {
    showPrediction(await ask("/predict", asked));
  } catch (error) {
    refuse(error);
    return;
  }
  // Not waited for: the next prediction may be asked for meanwhile.
  explain(asked);
}

async function explain(asked) {
  const mine = (explained += 1);
  why.setAttribute("aria-busy", "true");
  let shown;
  try {
    shown = contributions(await ask("/explain", asked));
  } catch (error) {
    shown = element("p", "small", `What moved it cannot be shown. ${error.message}`);
  }
  if (mine !== explained) return;
  why.removeAttribute("aria-busy");
  why.replaceChildren(shown);
}

function refuse(error) {
  if (!(error instanceof Refusal)) throw error;
  const control = controls.get(error.field);
  if (!control) {
    fail(error.message);
    return;
  }
  const text = error.message.replace(`${error.field}: `, "");
  showError(control, text.charAt(0).toUpperCase() + text.slice(1));
  fail("One field needs a look.");
  reveal(control);
}

function fail(message) {
  headline.replaceChildren(element("p", "failed", `No prediction. ${message}`));
  range.hidden = true;
  explained += 1; // one that is still on its way comes too late
  why.removeAttribute("aria-busy");
  why.replaceChildren();
  last = null;
}

function showPrediction(found) {
  const price = element("p", "amount", amount(found.prediction));
  price.dataset.value = found.prediction;
  const interval = element(
    "p", "interval", `${amount(found.lower)} to ${amount(found.upper)} `,
    element("span", "small", `(${facts.coverage} interval)`),
  );
  const lines = [price, interval];
  if (last !== null) {
    const change = found.prediction - last;
    lines.push(element("p", "small", change === 0 ? "The same as before." : `${signed(change)} against the one before.`));
  }
  if (found.version !== document.querySelector("main").dataset.version) {
    lines.push(element("p", "notice", "The model was exchanged since this page was opened. Reload the page."));
  }
  last = found.prediction;
  headline.replaceChildren(...lines);
  showRange(found);
  const { top } = region.getBoundingClientRect();
  if (top < 0 || top > window.innerHeight / 2) region.scrollIntoView();
}

/** The interval on a line that spans the target's values in the training rows. */
function showRange({ prediction, lower, upper }) {
  const low = Math.min(Number(facts.low), lower);
  const high = Math.max(Number(facts.high), upper);
  const percent = (value) => (high > low ? (100 * (value - low)) / (high - low) : 50);
  const span = element("span", "span");
  span.style.left = `${percent(lower)}%`;
  span.style.width = `${percent(upper) - percent(lower)}%`;
  const mark = element("span", "mark");
  mark.style.left = `${percent(prediction)}%`;
  const line = element("div", "line", span, mark);
  line.setAttribute("aria-hidden", "true");
  const ends = element("div", "ends", element("span", "", amount(low)), element("span", "", amount(high)));
  const note = element("p", "small", "The line spans the values in the training rows.");
  range.replaceChildren(line, ends, note);
  range.hidden = false;
}

function contributions(found) {
  const parts = found.contributions.map(({ column, value, contribution }) => ({
    ...named(column, value),
    value: contribution,
  }));
  return barChart({
    title: "What moved this prediction",
    note: "What each value adds, or takes away.",
    start: { name: `Average of ${facts.rows} training rows, low to high`, text: amount(found.base_value) },
    end: { name: "This prediction", text: amount(found.prediction) },
    parts: largest(parts, MOST_BARS),
    text: signed,
  });
}

/** A column and its value as the form shows them. */
function named(column, value) {
  const control = controls.get(column);
  const name = control.labels[0].firstElementChild.textContent;
  if (value === null) return { name, detail: "no value" };
  if (typeof value === "number") return { name, detail: plain(value) };
  const option = control.options && [...control.options].find((each) => each.value === value);
  return { name, detail: option ? option.textContent : String(value) };
}

function fill(values) {
  for (const [column, control] of controls) {
    control.value = values[column] ?? "";
    showError(control, "");
    compare(control);
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  once(form, region, predict);
});
form.addEventListener("click", (event) => {
  const { example } = event.target.dataset;
  if (example === undefined || region.getAttribute("aria-busy") === "true") return;
  fill(JSON.parse(example));
  once(form, region, predict);
});
form.addEventListener("change", (event) => {
  const control = event.target;
  if (control.dataset.column === undefined) return;
  showError(control, "");
  compare(control);
});
