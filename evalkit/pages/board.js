"use strict";
// Sorting by column: the heads become buttons; a third press brings back the order of the board. Rows without a figure stay last.
// "Against the row above" says nothing in another order, so style.css hides it while a table is sorted.
(() => {
  for (const table of document.querySelectorAll("table.board")) {
    const body = table.tBodies[0];
    const original = [...body.rows];
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      if (!head.dataset.sort) return;
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const first = head.dataset.sort === "text" ? "ascending" : "descending";
        const second = first === "ascending" ? "descending" : "ascending";
        const next = { none: first, [first]: second, [second]: "none" }[head.getAttribute("aria-sort") || "none"];
        for (const other of heads) other.removeAttribute("aria-sort");
        if (next !== "none") head.setAttribute("aria-sort", next);
        const sign = next === "ascending" ? 1 : -1;
        const value = (row) => row.cells[column].dataset.value ?? "";
        const compare = (one, other) => {
          const a = value(one), b = value(other);
          if (a === "" || b === "") return (a === "") - (b === "");
          return head.dataset.sort === "text" ? sign * (a < b ? -1 : a > b ? 1 : 0) : sign * (Number(a) - Number(b));
        };
        const rows = next === "none" ? original : [...original].sort(compare);
        table.classList.toggle("sorted", next !== "none");
        body.append(...rows);
      });
    });
  }
})();
