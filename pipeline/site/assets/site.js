// Language and search, on every page.
(function () {
  "use strict";
  var root = document.body.dataset.root;
  var html = document.documentElement;

  var button = document.getElementById("language");
  function name() { button.textContent = html.dataset.lang === "zh" ? "English" : "中文"; button.lang = html.dataset.lang === "zh" ? "en" : "zh"; }
  button.addEventListener("click", function () {
    html.lang = html.dataset.lang = html.dataset.lang === "zh" ? "en" : "zh";
    try { localStorage.setItem("gongkai.language", html.dataset.lang); } catch (error) { /* private mode */ }
    name();
    document.dispatchEvent(new Event("language"));
  });
  name();

  var input = document.getElementById("q");
  var list = document.getElementById("found");
  var asked = false, at = -1;

  // The names are loaded when somebody wants to search, as a script: pages on a disk cannot fetch.
  function load() {
    if (asked) return;
    asked = true;
    var script = document.createElement("script");
    script.src = root + "data/search.js";
    script.onload = search;
    document.head.append(script);
  }

  function matches(words) {
    var found = [];
    var all = (window.gongkai && window.gongkai.search) || [];
    for (var i = 0; i < all.length && found.length < 12; i++) {
      var code = all[i][0], place = all[i][1], pinyin = all[i][2], publishers = all[i][3];
      var publisher = publishers.find(function (one) { return one.includes(words); });
      if (code.startsWith(words) || place.includes(words) || publisher || (words.length > 1 && pinyin.startsWith(words.toLowerCase().replace(/\s/g, "")))) {
        found.push([code, place || publisher || "–", publisher && !place.includes(words) ? publisher : ""]);
      }
    }
    return found;
  }

  function search() {
    var words = input.value.trim();
    list.replaceChildren();
    at = -1;
    input.removeAttribute("aria-activedescendant");
    var found = words ? matches(words) : [];
    found.forEach(function (one, index) {
      var item = document.createElement("li"), link = document.createElement("a");
      item.role = "option";
      item.id = "found-" + index;
      item.setAttribute("aria-selected", "false");
      link.href = root + "places/" + (one[0] || "unplaced") + ".html";
      link.tabIndex = -1;
      link.textContent = one[1] + " " + one[0] + (one[2] ? " · " + one[2] : "");
      item.append(link);
      list.append(item);
    });
    list.hidden = !found.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
  }

  function move(step) {
    var items = list.children;
    if (!items.length) return;
    if (at >= 0) items[at].setAttribute("aria-selected", "false");
    at = (at + step + items.length) % items.length;
    items[at].setAttribute("aria-selected", "true");
    items[at].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", items[at].id);
  }

  input.addEventListener("focus", load);
  input.addEventListener("input", search);
  input.addEventListener("keydown", function (event) {
    if (event.key === "ArrowDown") { move(1); event.preventDefault(); }
    else if (event.key === "ArrowUp") { move(-1); event.preventDefault(); }
    else if (event.key === "Enter" && list.children.length) { location.href = list.children[Math.max(at, 0)].firstChild.href; event.preventDefault(); }
    else if (event.key === "Escape") { input.value = ""; search(); }
  });
  // What a mark leads to may stand in a part that is closed; and paper has nothing to open.
  function unfold() {
    var target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    var part = target && target.closest("details:not([open])");
    if (part) { part.open = true; target.scrollIntoView(); }
  }
  window.addEventListener("hashchange", unfold);
  unfold();
  var shut = [];
  window.addEventListener("beforeprint", function () {
    shut = Array.from(document.querySelectorAll("details:not([open])"));
    shut.forEach(function (part) { part.open = true; });
  });
  window.addEventListener("afterprint", function () { shut.forEach(function (part) { part.open = false; }); });

  document.addEventListener("click", function (event) {
    if (!event.target.closest(".search")) { list.hidden = true; input.setAttribute("aria-expanded", "false"); }
  });
})();
