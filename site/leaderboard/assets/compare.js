// Two to four checkpoints, prompt by prompt, from their published JSON.
"use strict";

(() => {
  const form = document.querySelector("[data-compare]");
  const status = form.querySelector("[data-count]");
  const result = document.querySelector("[data-result]");
  const fields = [...form.querySelectorAll("input[name=c]")];

  const make = (tag, text, kind) => {
    const node = document.createElement(tag);
    if (text !== undefined) node.textContent = text;
    if (kind) node.className = kind;
    return node;
  };
  const fetched = async (path) => {
    const answer = await fetch(root + path);
    if (!answer.ok) throw new Error(path);
    return answer.json();
  };
  const percent = (share) => (share === null ? "–" : (100 * share).toFixed(1));

  let known = new Map();
  let names = new Map();
  const addressOf = (said) => (names.has(said) ? said : known.get(said) || said);
  const safe = (address) => /^[\w.~-]+\/[\w.~-]+$/.test(address) && !address.includes("..");

  function line(cells, head) {
    const row = document.createElement("tr");
    cells.forEach((cell, at) => {
      const node = make(head || at === 0 ? "th" : "td", undefined, at ? "num" : "");
      if (head || at === 0) node.scope = head ? "col" : "row";
      node.append(cell);
      row.append(node);
    });
    return row;
  }

  function table(title, head, rows) {
    const section = make("section");
    const id = `t${document.querySelectorAll("h2").length}`;
    const heading = make("h2", title);
    heading.id = id;
    const box = make("div", undefined, "scroll");
    box.tabIndex = 0;
    box.setAttribute("role", "region");
    box.setAttribute("aria-labelledby", id);
    const made = make("table", undefined, "plain");
    const top = made.createTHead();
    top.append(line(head, true));
    const body = made.createTBody();
    body.append(...rows);
    box.append(made);
    section.append(heading, box);
    result.append(section);
    return section;
  }

  function scores(all) {
    const categories = [...new Set(all.flatMap((one) => Object.keys(one.categories)))].sort();
    const links = all.map((one) => {
      const link = make("a", one.checkpoint);
      link.href = `${root}checkpoints/${one.address}.html`;
      return link;
    });
    table("Scores", ["In percent", ...links], [
      line(["Verdict", ...all.map((one) => one.verdict)]),
      line(["Overall", ...all.map((one) => percent(one.score))]),
      ...categories.map((name) => line([name, ...all.map((one) => percent(one.categories[name]?.score ?? null))])),
      line(["Prompts behind the score", ...all.map((one) => String(one.n))]),
    ]);
  }

  function prompts(all, questions) {
    const shared = Object.keys(questions).filter((key) => all.every((one) => key in one.answers));
    const apart = shared.filter((key) => new Set(all.map((one) => one.answers[key][0])).size > 1);
    const said = (one, key) => one.transcripts.find((t) => t.prompt === key)?.text;
    const rows = [...apart, ...shared.filter((key) => !apart.includes(key))].map((key) => {
      const box = make("details");
      box.append(make("summary", questions[key].prompt.slice(0, 160)));
      box.append(make("p", questions[key].prompt), make("p", `Gold answer: ${questions[key].gold}`));
      for (const one of all) {
        if (said(one, key)) box.append(make("p", one.checkpoint, "kicker"), make("pre", said(one, key), "block"));
      }
      return line([box, ...all.map((one) => {
        const [score, extracted] = one.answers[key];
        const cell = make("span", `${score >= 1 ? "✓" : score <= 0 ? "✗" : percent(score)} ${extracted}`, score >= 1 ? "gain" : "loss");
        cell.title = score >= 1 ? "right" : "wrong";
        return cell;
      })]);
    });
    if (!shared.length) {
      result.append(make("p", "No prompt that may be shown was asked of all of them."));
      return;
    }
    table(`Prompt by prompt: ${apart.length} of ${shared.length} apart`,
      ["Prompt", ...all.map((one) => one.checkpoint)], rows);
  }

  async function compare() {
    const wanted = [...new Set(fields.map((field) => addressOf(field.value.trim())).filter(Boolean))];
    result.replaceChildren();
    if (wanted.length < 2) { status.textContent = "Name at least two checkpoints."; return; }
    const bad = wanted.find((address) => !safe(address));
    if (bad) { status.textContent = `${bad} is not known here.`; return; }
    status.textContent = "Reading…";
    try {
      const all = await Promise.all(wanted.map(async (address) => (
        { ...(await fetched(`data/checkpoints/${address}.json`)), address })));
      const same = all.every((one) => one.questions === all[0].questions);
      scores(all);
      if (same) prompts(all, await fetched(`data/questions/${all[0].questions}.json`));
      else result.append(make("p", "They are of different families or suites, so no prompt is shared."));
      status.textContent = "";
      history.replaceState(null, "", `?${new URLSearchParams(wanted.map((address) => ["c", address]))}`);
    } catch (error) {
      status.textContent = `Not found: ${error.message}`;
    }
  }

  async function begin() {
    form.hidden = false;
    document.querySelector("[data-without]").remove();
    if (!served) { status.textContent = "Serve the site to compare: gems publish --serve"; return; }
    const list = await fetched("data/checkpoints.json");
    known = new Map(list.map((one) => [one.name, one.address]));
    form.querySelector("datalist").append(...list.slice(0, 2000).map((one) => {
      const option = document.createElement("option");
      option.value = one.name;
      return option;
    }));
    names = new Map(list.map((one) => [one.address, one.name]));
    new URLSearchParams(location.search).getAll("c").slice(0, 4).forEach((address, at) => {
      const name = names.get(address);
      fields[at].value = known.get(name) === address ? name : address;
    });
    form.addEventListener("submit", (event) => { event.preventDefault(); compare(); });
    if (fields[1].value) compare();
  }

  begin();
})();
