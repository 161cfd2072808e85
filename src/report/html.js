'use strict';
(function () {
  var all = function (selector, root) {
    return Array.prototype.slice.call((root || document).querySelectorAll(selector));
  };
  var byId = function (id) { return document.getElementById(id); };

  /* The language of the document follows the switch. */
  ['ko', 'en'].forEach(function (lang) {
    byId('lang-' + lang).addEventListener('change', function () {
      document.documentElement.lang = lang;
    });
  });
  document.documentElement.lang = byId('lang-en').checked ? 'en' : 'ko';

  /* Search and filter. */
  var policies = all('.policy').map(function (node) {
    return {
      node: node,
      title: (node.querySelector('summary').textContent + ' ' +
              node.querySelector('.facts').textContent).toLowerCase(),
      records: all('.rec', node).map(function (record) {
        return { node: record, text: record.textContent.toLowerCase(), state: record.dataset.s };
      })
    };
  });
  var query = byId('q'), boxes = all('.fs'), hits = byId('hits');
  var total = policies.reduce(function (n, policy) { return n + policy.records.length; }, 0);

  function filter() {
    var words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
    var states = boxes.filter(function (box) { return box.checked; })
      .map(function (box) { return box.value; });
    var shown = 0;
    policies.forEach(function (policy) {
      var any = false;
      policy.records.forEach(function (record) {
        var hit = states.indexOf(record.state) >= 0 && words.every(function (word) {
          return record.text.indexOf(word) >= 0 || policy.title.indexOf(word) >= 0;
        });
        record.node.hidden = !hit;
        any = any || hit;
        shown += hit ? 1 : 0;
      });
      policy.node.hidden = !any;
      if (words.length && any) policy.node.open = true;
    });
    hits.textContent = shown.toLocaleString('en') + ' / ' + total.toLocaleString('en');
  }

  var timer;
  query.addEventListener('input', function () {
    clearTimeout(timer);
    timer = setTimeout(filter, 120);
  });
  boxes.forEach(function (box) { box.addEventListener('change', filter); });
  byId('open').addEventListener('click', function () {
    policies.forEach(function (policy) { policy.node.open = true; });
  });
  byId('close').addEventListener('click', function () {
    policies.forEach(function (policy) { policy.node.open = false; });
  });
  document.querySelector('.filter').hidden = false;
  filter();

  /* A link to a policy opens it. */
  function reveal() {
    var target = location.hash.length > 1 && byId(decodeURIComponent(location.hash.slice(1)));
    for (var node = target; node; node = node.parentElement) {
      if (node.tagName === 'DETAILS') node.open = true;
      if (node.hidden) node.hidden = false;
    }
    if (target) target.scrollIntoView();
  }
  addEventListener('hashchange', reveal);
  reveal();

  /* On paper stands what is not in order; the style sheet does the same where it can. */
  var opened = [];
  addEventListener('beforeprint', function () {
    opened = all('details.paper:not([open])');
    opened.forEach(function (node) { node.open = true; });
  });
  addEventListener('afterprint', function () {
    opened.forEach(function (node) { node.open = false; });
  });
})();
