// Before the page is drawn: the language that the reader chose, else the browser's.
(function () {
  "use strict";
  var chosen;
  try { chosen = localStorage.getItem("gongkai.language"); } catch (error) { /* private mode */ }
  var language = chosen || (/^zh/i.test(navigator.language || "zh") ? "zh" : "en");
  document.documentElement.lang = document.documentElement.dataset.lang = language;
})();
