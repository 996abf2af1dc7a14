// report.js: what somebody does with a page, put behind the page's own script by report.sh. The
// verdict is an attribute of <html>: "good", or what was wrong.
(function () {
'use strict';
var wrong = [], $ = function (what) { return Array.prototype.slice.call(document.querySelectorAll(what)); };
function check(what, good) { if (!good) wrong.push(what); }
function shown(what) { return $(what).filter(function (e) { return e.getClientRects().length > 0; }); }
function find(words) {
  var input = document.getElementById('filter');
  input.value = words;
  input.dispatchEvent(new Event('input'));
}
function column(i) {
  return $('#cells tr.cell').map(function (row) { return parseFloat(row.cells[i].textContent); });
}
function rises(x) { return x.every(function (v, i) { return i === 0 || isNaN(v) || x[i - 1] <= v; }); }
try {
  var runs = $('#cells tr.run').length, cells = $('#cells tr.cell').length;
  check('runs are folded', shown('#cells tr.run').length === 0 && shown('#cells tr.cell').length === cells);
  $('#cells .fold')[0].click();
  check('one cell is unfolded', shown('#cells tr.run').length === runs / cells);
  document.getElementById('unfold').click();
  check('all are unfolded', shown('#cells tr.run').length === runs);

  $('#cells th').forEach(function (th, i) {
    if (th.textContent !== 'excess_loss') return;
    th.click();
    check('rises', rises(column(i)) && th.getAttribute('aria-sort') === 'ascending');
    th.click();
    check('falls', rises(column(i).reverse()) && th.getAttribute('aria-sort') === 'descending');
    check('runs stay with their cell', $('#cells tbody').every(function (b) { return b.rows[0].className === 'cell'; }));
  });

  find('seed=1');
  check('seed=1', shown('#cells tr.run').length === cells);
  check('it is told', /^2 of 4 runs/.test(document.getElementById('count').textContent));
  check('it is in the address', location.hash.indexOf('#?seed%3D1') === 0);
  find('hmm.states=3 done');
  check('a key and a word', shown('#cells tr.run').length === 2 && shown('#cells tr.cell').length === 1);
  find('states=2,3 -done');
  check('all but a word', shown('#cells tr.run').length === 0);
  find('best_val_loss<1e9 best_val_loss>=0');
  check('numbers', shown('#cells tr.run').length === runs);
  find('');
  check('no filter', shown('#cells tr.cell').length === cells);

  $('nav a').forEach(function (a) {
    var id = a.getAttribute('href').slice(1);
    a.click();
    check('nav leads to ' + id, location.hash === '#' + id && document.getElementById(id));
  });
  $('#cells td a').forEach(function (a) {
    check(a.textContent + ' leads on', document.getElementById(a.getAttribute('href').slice(1)));
  });
  check('no image is broken', $('img, image').every(function (i) { return i.tagName !== 'IMG' || i.naturalWidth > 0; }));
  check('not wider than the window', document.documentElement.scrollWidth <= innerWidth);
} catch (e) {
  wrong.push(String(e));
}
document.documentElement.setAttribute('data-verdict', wrong.join('; ') || 'good');
})();
