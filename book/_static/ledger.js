// A filter above the ledger: rows that do not hold the typed words are left out.
document.addEventListener("DOMContentLoaded", () => {
  const contents = document.querySelector(".ledger-contents");
  if (!contents) return;
  const label = document.createElement("label");
  label.className = "ledger-filter";
  label.innerHTML =
    'Show only rows with <input type="search" autocomplete="off"> <output role="status"></output>';
  contents.after(label);
  const rows = [...document.querySelectorAll("table.ledger tbody tr")];
  const words = rows.map((row) => row.textContent.toLowerCase());
  label.querySelector("input").addEventListener("input", (event) => {
    const wanted = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row, k) => {
      row.hidden = !wanted.every((word) => words[k].includes(word));
      shown += !row.hidden;
    });
    document.querySelectorAll("section:has(> * table.ledger)").forEach((section) => {
      section.hidden = !section.querySelector("tbody tr:not([hidden])");
    });
    label.querySelector("output").textContent = wanted.length ? `${shown} of ${rows.length}` : "";
  });
});
