/**
 * A table with a bar for each contribution, to both sides of zero: for the eye a chart, for a
 * screen reader a table.
 *
 * title, note: the table's caption. parts: [{name, detail, value}] in the order shown.
 * start, end: {name, text} of the rows around the bars, if their values lead from one to the other.
 * text(value): a value with its sign.
 */
function barChart({ title, note, start, end, parts, text }) {
  const low = Math.min(0, ...parts.map((part) => part.value));
  const high = Math.max(0, ...parts.map((part) => part.value));
  const percent = (value) => (high > low ? (100 * (value - low)) / (high - low) : 0);
  const row = ({ name, detail, value }) => {
    const bar = element("span", value < 0 ? "bar down" : "bar");
    bar.style.left = `${percent(Math.min(0, value))}%`;
    bar.style.width = `${percent(Math.max(0, value)) - percent(Math.min(0, value))}%`;
    const zero = element("span", "zero");
    zero.style.left = `${percent(0)}%`;
    const plot = element("span", "plot", bar, zero);
    plot.setAttribute("aria-hidden", "true");
    const number = element("td", "number", text(value));
    number.dataset.value = value;
    return element("tr", "", heading(name, detail), element("td", "", plot), number);
  };
  const sum = (kind, { name, text: shown }) => {
    const number = element("td", "number", shown);
    number.colSpan = 2;
    return element("tr", kind, heading(name), number);
  };
  const caption = element("caption", "", title, element("span", "", note));
  const around = (kind, end) => (end ? [sum(kind, end)] : []);
  const body = element("tbody", "", ...around("from", start), ...parts.map(row), ...around("sum", end));
  return element("table", "contributions", caption, body);
}

function heading(name, detail) {
  const made = element("th", "", name);
  made.scope = "row";
  if (detail) made.append(element("span", "", detail));
  return made;
}

/** The `most` largest parts by size, largest first, and one for all of the others together. */
function largest(parts, most) {
  const ordered = [...parts].sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  const others = ordered.slice(most);
  if (others.length < 2) return ordered;
  const value = others.reduce((sum, part) => sum + part.value, 0);
  return [...ordered.slice(0, most), { name: `${others.length} others together`, value }];
}
