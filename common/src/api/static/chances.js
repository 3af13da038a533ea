const percent = (value) => value.toLocaleString(undefined, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });

/**
 * A table with a bar for the probability of each class, in the order of `names`.
 *
 * shown(name): what stands for a class, a text or a node.
 */
function chanceTable(title, names, shown = (name) => name) {
  const row = (name) => {
    const track = element("span", "track", element("span", ""));
    track.setAttribute("aria-hidden", "true");
    const made = element("tr", "", heading(shown(name)), element("td", "", track), element("td", "number"));
    made.dataset.class = name;
    return made;
  };
  return element("table", "chances", element("caption", "", title), element("tbody", "", ...names.map(row)));
}

/** Write the probabilities, by the classes' names, into the table within `place`. */
function fillChances(place, probabilities, best) {
  for (const row of place.querySelectorAll("tr")) {
    const value = probabilities[row.dataset.class];
    row.toggleAttribute("data-best", row.dataset.class === best);
    row.querySelector(".track span").style.width = `${100 * value}%`;
    const number = row.querySelector(".number");
    number.textContent = percent(value);
    number.dataset.value = value;
  }
}
