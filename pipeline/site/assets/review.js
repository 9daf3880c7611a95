// A reviewer's decisions: made at a report's cells, kept in this browser, given out as lines of corrections.csv.
(function () {
  "use strict";
  var STORE = "gongkai.decisions";
  var COLUMNS = ["sha256", "table_id", "row_id", "column_id", "printed", "corrected", "reason", "who", "date"];

  function read() {
    try { return JSON.parse(localStorage.getItem(STORE)) || []; } catch (error) { return []; }
  }
  function write(decisions) {
    try { localStorage.setItem(STORE, JSON.stringify(decisions)); return true; } catch (error) { return false; }
  }
  function field(value) {
    return /[",\r\n]/.test(value) ? '"' + value.replace(/"/g, '""') + '"' : value;
  }
  function csv(decisions) {
    return [COLUMNS].concat(decisions.map(function (one) { return COLUMNS.map(function (name) { return field(one[name]); }); }))
      .map(function (row) { return row.join(","); }).join("\n") + "\n";
  }
  function en() { return document.documentElement.dataset.lang === "en"; }

  // A report's page.
  var dialog = document.getElementById("decision");
  if (dialog) {
    var form = dialog.querySelector("form"), cells = {};
    var printed = function (cell) { return "printed" in cell.dataset ? cell.dataset.printed : cell.firstChild && cell.firstChild.nodeType === Node.TEXT_NODE ? cell.firstChild.data : ""; };
    var keyOf = function (cell) {
      var table = cell.closest("table");
      return table.dataset.table + "/" + cell.parentNode.dataset.row + "/" + table.dataset.columns.split(" ")[cell.cellIndex - 1];
    };
    document.querySelectorAll("table.cells tr[data-row] td:not(.void)").forEach(function (cell) {
      var key = keyOf(cell);
      var option = document.createElement("option");
      option.value = key;
      option.textContent = key.replace(/\//g, ".") + (printed(cell) ? " = " + printed(cell).slice(0, 20) : "");
      form.elements.cell.append(option);
      cells[key] = cell;
      cell.addEventListener("click", function (event) {
        if (!event.target.closest("a") && !String(getSelection())) open(key);
      });
    });
    var choose = function () {
      var cell = cells[form.elements.cell.value];
      var tie = cell.querySelector("i");
      form.elements.printed.value = printed(cell);
      form.elements.corrected.value = cell.dataset.proven || (tie ? tie.textContent.slice(1) : "value" in cell.dataset ? cell.dataset.value : printed(cell));
    };
    var open = function (key) {
      if (key) form.elements.cell.value = key;
      choose();
      try { form.elements.who.value = localStorage.getItem("gongkai.who") || ""; } catch (error) { /* private mode */ }
      dialog.showModal();
      form.elements.corrected.focus();
    };
    form.elements.cell.addEventListener("change", choose);
    dialog.querySelector("[data-close]").addEventListener("click", function () { dialog.close(); });
    document.getElementById("correct").addEventListener("click", function () {
      var first = document.querySelector("td[data-proven]") || document.querySelector("td:has(i)") || document.querySelector("td.error, td.warning");
      open(first ? keyOf(first) : null);
    });
    form.addEventListener("submit", function () {
      var parts = form.elements.cell.value.split("/");
      var today = new Date();
      var decision = {
        sha256: dialog.dataset.sha256, table_id: parts[0], row_id: parts[1], column_id: parts[2],
        printed: form.elements.printed.value, corrected: form.elements.corrected.value.trim(),
        reason: form.elements.reason.value.trim(), who: form.elements.who.value.trim(),
        date: [today.getFullYear(), String(today.getMonth() + 1).padStart(2, "0"), String(today.getDate()).padStart(2, "0")].join("-")
      };
      var decisions = read().filter(function (one) { return COLUMNS.slice(0, 4).some(function (name) { return one[name] !== decision[name]; }); });
      decisions.push(decision);
      var kept = write(decisions), told = document.getElementById("kept");
      try { localStorage.setItem("gongkai.who", decision.who); } catch (error) { /* private mode */ }
      told.textContent = !kept ? csv([decision]) : en() ? "Kept; " + decisions.length + " decisions on the page Review." : "已记入；“复核”页共有 " + decisions.length + " 条决定。";
      told.hidden = false;
      form.elements.reason.value = "";
    });
  }

  // The queue.
  var lines = document.getElementById("lines");
  if (lines) {
    var show = function () { lines.value = read().length ? csv(read()) : ""; };
    show();
    document.getElementById("copy").addEventListener("click", function () {
      lines.select();
      if (navigator.clipboard) navigator.clipboard.writeText(lines.value).catch(function () { document.execCommand("copy"); });
      else document.execCommand("copy");
    });
    document.getElementById("save").addEventListener("click", function () {
      var link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([csv(read())], { type: "text/csv" }));
      link.download = "corrections.csv";
      link.click();
    });
    document.getElementById("clear").addEventListener("click", function () {
      if (confirm(en() ? "Forget all decisions?" : "清空全部决定？")) { write([]); show(); }
    });
    var rows = Array.from(document.querySelectorAll("#items tbody tr")), filter = document.getElementById("filter");
    filter.addEventListener("input", function () {
      var words = filter.value.trim().toLowerCase(), n = 0;
      rows.forEach(function (row) { row.hidden = !!words && !row.textContent.toLowerCase().includes(words); n += !row.hidden; });
      document.getElementById("matching").textContent = words ? n : "";
    });
  }
})();
