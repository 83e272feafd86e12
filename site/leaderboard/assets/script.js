// Sort, search, filters with their state in the URL; copy buttons; when things were last checked.
"use strict";

const root = document.body.dataset.root;
const served = location.protocol !== "file:";

const numberOf = (text) => {
  const value = parseFloat(text.replace("\u2212", "-").replace(/[+,±]/g, ""));
  return Number.isNaN(value) ? null : value;
};

function copyButtons() {
  for (const block of document.querySelectorAll("[data-copy]")) {
    if (!navigator.clipboard) return;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(block.querySelector("code").textContent);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
    block.append(button);
  }
}

async function lastChecked() {
  const spot = document.querySelector("[data-status]");
  if (!served || !spot) return;
  const answer = await fetch(root + "status.json");
  if (!answer.ok) return;
  const families = Object.values((await answer.json()).families);
  const latest = families.map((f) => f.crawled_at || "").sort().pop();
  if (latest) spot.textContent = ` (${new Date(latest).toLocaleDateString("en-GB", { dateStyle: "medium" })})`;
}

class Board {
  constructor(table, form) {
    this.table = table;
    this.form = form;
    this.columns = [...table.tHead.rows[0].cells].map((cell) => cell.dataset.key);
    this.more = (table.dataset.more || "").split(" ").filter(Boolean);
    this.dots = new Map([...document.querySelectorAll("[data-c].dot")].map((dot) => [dot.dataset.c, dot]));
    this.bodies = [...table.tBodies];
    this.order = 0;
    this.state = { sort: "rank", down: false };
    this.number();
    this.buttons();
    this.listen();
    form.hidden = false;
    this.restore();
  }

  get rows() {
    return this.bodies.flatMap((body) => [...body.rows]).filter((row) => row.dataset.c);
  }

  number() {
    for (const row of this.rows) row.order ??= this.order++;
  }

  buttons() {
    for (const head of this.table.tHead.rows[0].cells) {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const key = head.dataset.key;
        const first = head.classList.contains("num") || key === "evaluated";
        this.state.down = this.state.sort === key ? !this.state.down : first;
        this.state.sort = key;
        this.refresh();
      });
    }
  }

  listen() {
    this.form.addEventListener("input", () => this.refresh());
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.addEventListener("reset", () => setTimeout(() => {
      this.state = { sort: "rank", down: false };
      this.refresh();
    }));
    for (const [on, lit] of [["mouseover", true], ["mouseout", false]]) {
      this.table.addEventListener(on, (event) => {
        const row = event.target.closest("tr[data-c]");
        const dot = row && this.dots.get(row.dataset.c);
        if (dot) dot.classList.toggle("lit", lit);
      });
    }
    for (const [key, dot] of this.dots) {
      dot.addEventListener("click", () => {
        const row = this.rows.find((r) => r.dataset.c === key);
        if (row) row.querySelector("a").click();
      });
    }
  }

  restore() {
    const query = new URLSearchParams(location.search);
    for (const field of this.form.elements) {
      if (field.name && query.has(field.name)) field.value = query.get(field.name);
    }
    const sort = query.get("sort") || "rank";
    const key = sort.replace(/^-/, "");
    if (this.columns.includes(key)) this.state = { sort: key, down: sort.startsWith("-") };
    const more = this.form.querySelector("[data-filters-more]");
    more.open = [...more.querySelectorAll("select")].some((field) => field.value);
    if (location.search) this.refresh(); else this.say(this.rows.length);
  }

  remember(filters) {
    const query = new URLSearchParams(Object.entries(filters).filter(([, value]) => value));
    if (this.state.sort !== "rank" || this.state.down) {
      query.set("sort", (this.state.down ? "-" : "") + this.state.sort);
    }
    const search = query.toString();
    if (!served && !search && !location.search) return;
    history.replaceState(null, "", location.pathname + (search ? "?" + search : "") + location.hash);
  }

  async gather() {
    const pages = this.more.splice(0);
    if (!served || !pages.length) return;
    const texts = await Promise.all(pages.map((page) => fetch(page).then((answer) => answer.text())));
    for (const text of texts) {
      const other = new DOMParser().parseFromString(text, "text/html");
      for (const body of other.querySelectorAll("table[data-board] tbody")) {
        let here = this.bodies.find((own) => own.dataset.group === body.dataset.group);
        if (!here) {
          here = this.table.appendChild(document.adoptNode(body));
          this.bodies.push(here);
        } else {
          here.append(...[...body.rows].filter((row) => row.dataset.c));
        }
      }
    }
    this.number();
    document.querySelector(".pages")?.remove();
  }

  async refresh() {
    await this.gather();
    const filters = Object.fromEntries(new FormData(this.form));
    this.remember(filters);
    const shown = this.filter(filters);
    this.sort(filters.category);
    this.say(shown);
  }

  filter(want) {
    const words = want.q.toLowerCase().split(/\s+/).filter(Boolean);
    const column = this.columns.indexOf(want.category);
    const category = column < 0 ? "" : this.table.tHead.rows[0].cells[column].textContent.trim();
    let shown = 0;
    for (const row of this.rows) {
      const { v, r, l, b, t, k } = row.dataset;
      const text = `${row.cells[1].textContent} ${l}`.toLowerCase();
      const verdict = category
        ? (k || "").split("|").find((won) => won.startsWith(category + ":"))?.slice(category.length + 1) ?? v : v;
      const fits = words.every((word) => text.includes(word))
        && (!want.verdict || verdict === want.verdict)
        && (!want.relation || r === want.relation)
        && (!want.licence || l === want.licence)
        && (!want.size || (b > 0 && Number(b) <= Number(want.size)))
        && (!want.since || t >= want.since)
        && (!want.most || Number(row.cells[this.columns.indexOf("downloads")].dataset.s) <= Number(want.most));
      row.hidden = !fits;
      shown += fits;
      this.dots.get(row.dataset.c)?.classList.toggle("dim", !fits);
    }
    for (const body of this.bodies) {
      const title = body.querySelector(".divide");
      if (title) title.hidden = ![...body.rows].some((row) => row.dataset.c && !row.hidden);
    }
    return shown;
  }

  // Finalists and eliminated are sorted apart: they were not asked the same.
  sort(category) {
    const byRank = this.state.sort === "rank";
    const key = byRank && category ? category : this.state.sort;
    const down = key !== this.state.sort ? true : this.state.down;
    const at = this.columns.indexOf(key);
    const valueOf = (row) => {
      if (key === "rank") return row.order;
      const cell = row.cells[at];
      if (cell.dataset.s !== undefined) return numberOf(cell.dataset.s.replace(/-/g, "")) ?? 0;
      return cell.classList.contains("num") ? numberOf(cell.textContent) : cell.textContent.trim().toLowerCase();
    };
    const sign = down ? -1 : 1;
    for (const body of this.bodies) {
      const keyed = [...body.rows].filter((row) => row.dataset.c).map((row) => [valueOf(row), row]);
      keyed.sort(([a, first], [b, second]) => {
        if (a === null || b === null) return (a === null) - (b === null) || first.order - second.order;
        return (a < b ? -sign : a > b ? sign : 0) || first.order - second.order;
      });
      body.append(...keyed.map(([, row]) => row));
    }
    for (const head of this.table.tHead.rows[0].cells) {
      if (head.dataset.key === key) head.setAttribute("aria-sort", down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
  }

  say(shown) {
    const all = this.rows.length;
    const rest = this.more.length ? " on this page" : "";
    this.form.querySelector("[data-count]").textContent =
      shown === all ? `${all.toLocaleString("en")} checkpoints${rest}`
        : `${shown.toLocaleString("en")} of ${all.toLocaleString("en")} checkpoints${rest}`;
  }
}

const table = document.querySelector("[data-board]");
const form = document.querySelector("[data-filters]");
if (table && form) new Board(table, form);
copyButtons();
lastChecked();
