// The charts of a page, from the data that it carries; and what a reader may take away of them.
(function () {
  "use strict";
  var source = document.getElementById("charts");
  if (!source) return;
  var data = JSON.parse(source.textContent);
  var dark = window.matchMedia("(prefers-color-scheme: dark)").matches;
  var colours = dark
    ? ["#6ea8ff", "#f2b35e", "#ef7d72", "#b79bf0", "#9aa4b2", "#5ec2a6"]
    : ["#1f5fbf", "#c77700", "#b3382c", "#6b4bb5", "#6b7480", "#0f7a5c"];
  var drawn = {};

  function en() { return document.documentElement.dataset.lang === "en"; }
  function words(series) { return en() ? series.en : series.zh; }
  function shares(list) {
    var sums = data.years.map(function (_, i) { return list.reduce(function (sum, one) { return sum + one.values[i]; }, 0); });
    return list.map(function (one) {
      return { zh: one.zh, en: one.en, values: one.values.map(function (value, i) { return sums[i] ? Math.round(1000 * value / sums[i]) / 10 : null; }) };
    });
  }
  function series(id) {
    if (id === "received") return [{ zh: "新收申请", en: "requests received", values: data.received }, { zh: "报告数", en: "reports", values: data.counted }];
    if (id === "place") return [{ zh: "新收申请", en: "requests received", values: data.place }];
    if (id === "reviews") return data.reviews;
    return shares(data[id]);
  }

  function draw(canvas) {
    var id = canvas.dataset.chart, list = series(id), stacked = id === "outcomes" || id === "results" || id === "reviews";
    if (drawn[id]) drawn[id].destroy();
    var ink = getComputedStyle(document.body).color, line = dark ? "#39414d" : "#dfe3e8";
    var sets = list.map(function (one, i) {
      var right = id === "received" && i === 1;
      return { label: words(one), data: one.values, type: right ? "line" : "bar", yAxisID: right ? "right" : "y", backgroundColor: colours[right ? 1 : i], borderColor: colours[right ? 1 : i], borderWidth: right ? 2 : 0, order: right ? 0 : 1, maxBarThickness: 56 };
    });
    var scales = {
      x: { stacked: stacked, ticks: { color: ink }, grid: { display: false } },
      y: { stacked: stacked, beginAtZero: true, ticks: { color: ink, callback: id === "outcomes" || id === "results" ? function (value) { return value + " %"; } : undefined }, grid: { color: line }, max: id === "outcomes" || id === "results" ? 100 : undefined }
    };
    if (id === "received") scales.right = { position: "right", beginAtZero: true, ticks: { color: ink, precision: 0 }, grid: { display: false } };
    drawn[id] = new Chart(canvas, {
      data: { labels: data.years, datasets: sets },
      options: { animation: false, responsive: true, maintainAspectRatio: false, interaction: { mode: "index", intersect: false }, scales: scales, plugins: { legend: { position: "bottom", display: list.length > 1, labels: { color: ink, boxWidth: 12 } } } }
    });
  }

  function rows(id) {
    var list = series(id);
    return [[en() ? "year" : "年度"].concat(list.map(words))].concat(data.years.map(function (year, i) {
      return [year].concat(list.map(function (one) { return one.values[i] === null ? "" : one.values[i]; }));
    }));
  }
  function table(place) {
    var element = document.createElement("table");
    element.className = "plain";
    rows(place.dataset.table).forEach(function (row, r) {
      var line = (r ? element.tBodies[0] || element.createTBody() : element.createTHead()).insertRow();
      row.forEach(function (value, c) {
        var cell = document.createElement(r && c ? "td" : "th");
        if (c) cell.className = "n";
        if (!r || !c) cell.scope = r ? "row" : "col";
        cell.textContent = value;
        line.append(cell);
      });
    });
    place.replaceChildren(element);
  }
  function give(name, url) {
    var link = document.createElement("a");
    link.href = url;
    link.download = name;
    link.click();
  }

  function all() {
    document.querySelectorAll("canvas[data-chart]").forEach(draw);
    document.querySelectorAll("[data-table]").forEach(table);
  }
  all();
  document.addEventListener("language", all);
  document.querySelectorAll("button[data-save]").forEach(function (button) {
    button.addEventListener("click", function () {
      var id = button.dataset.save;
      if (button.dataset.as === "png") return give("gongkai-" + id + ".png", drawn[id].toBase64Image());
      var text = "\ufeff" + rows(id).map(function (row) { return row.map(function (v) { return /[",\n]/.test(v) ? '"' + String(v).replace(/"/g, '""') + '"' : v; }).join(","); }).join("\r\n") + "\r\n";
      give("gongkai-" + id + ".csv", URL.createObjectURL(new Blob([text], { type: "text/csv" })));
    });
  });
})();
