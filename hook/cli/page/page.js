// SPDX-License-Identifier: LGPL-2.1-or-later
// The page of 'vgpu-gate matrix --output html'. The data is that of '--output json', which has a schema.
// Names come from guests' owners: they become text only, by textContent.
'use strict';
(() => {
  // Characters that are invisible, or that change the direction of a text, could make a name look like another
  // one. The command's other forms replace them in the same way.
  const UNSAFE = /[\p{Cf}\p{Zl}\p{Zp}\u007f-\u009f]/gu;
  const data = JSON.parse(document.getElementById('data').textContent.replace(UNSAFE, '?'));
  const guests = data.guest,
    hosts = data.host,
    outcomes = data.outcome,
    cells = data.cell;
  const summaries = new Map(data.code.map((entry) => [entry.code, entry.summary]));

  // For each answer: its text in a wide cell, in a narrow one, and in words.
  const ANSWERS = {
    live: {text: 'live', glyph: '✓', words: 'can be migrated there live'},
    prepare: {text: 'prep', glyph: '+', words: 'live, after a device is prepared there'},
    cold: {text: 'cold', glyph: 'c', words: 'can only be started there cold'},
    no: {text: 'H303', glyph: '×', words: 'refused'},
    unknown: {text: '?521', glyph: '?', words: 'could not be judged'},
    here: {text: 'here', glyph: '⌂', words: 'runs on this host'},
    none: {text: '·', glyph: '·', words: 'has no vGPU'},
  };
  const LIMITS = {H: 'host driver', G: 'guest driver', P: 'physical GPU', O: 'another limit'};

  // The groups of the summary. A guest is in the first one that fits.
  const GROUPS = [
    {name: 'none', label: ['has no vGPU', 'have no vGPU'], fits: (g) => g.total.none > 0},
    {name: 'nowhere', label: ['can go nowhere', 'can go nowhere'], fits: (g) => g['can-go-nowhere']},
    {name: 'live', label: ['can be migrated live', 'can be migrated live'], fits: (g) => g.total.live > 0},
    {
      name: 'prepare',
      label: ['only after a device is prepared', 'only after a device is prepared'],
      fits: (g) => g.total.prepare > 0,
    },
    {
      name: 'cold',
      label: ['can only be started cold', 'can only be started cold'],
      fits: (g) => g.total.cold > 0,
    },
    {
      name: 'unknown',
      label: ['could not be judged', 'could not be judged'],
      fits: (g) => g.total.unknown > 0,
    },
    {name: 'alone', label: ['has no other host', 'have no other host'], fits: () => true},
  ];
  const SHOWN_GROUPS = ['nowhere', 'prepare', 'cold', 'unknown', 'live', 'alone', 'none'];
  const groupOf = guests.map((guest) => GROUPS.find((group) => group.fits(guest)).name);

  const typesOf = guests.map((guest) => countedNames(guest.vgpu.map((vgpu) => vgpu.type).sort()));
  const numbers = new Intl.NumberFormat('en');

  // --- help with elements ---

  const byId = (id) => document.getElementById(id);

  function make(tag, properties, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(properties || {})) {
      if (name.includes('-') || name === 'role' || name === 'scope') element.setAttribute(name, value);
      else element[name] = value;
    }
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
  }

  // "2 × A, B" for A, A and B.
  function countedNames(list) {
    const counts = new Map();
    for (const name of list) counts.set(name, (counts.get(name) || 0) + 1);
    return [...counts].map(([name, n]) => (n > 1 ? `${n} × ${name}` : name)).join(', ');
  }

  function count(n, one, many) {
    return `${numbers.format(n)} ${n === 1 ? one : many}`;
  }

  // --- versions ---

  function versionNumber(text) {
    const [major, minor] = text.split('.').map(Number);
    return major + Math.min(minor, 9) / 10;
  }

  function rangeOf(text) {
    const [from, to] = text.split('-').map(versionNumber);
    return {from, to};
  }

  const newest = guests.map(
    (guest) =>
      guest.vgpu
        .map((vgpu) => vgpu['vgpu-version'])
        .filter(Boolean)
        .map(versionNumber)
        .sort((a, b) => a - b)[0] ?? -1
  );

  // --- what is shown ---

  const collator = new Intl.Collator('en', {numeric: true});
  const byName = (list) => (a, b) => collator.compare(list[a].name, list[b].name) || a - b;
  const nowhereFirst = (a, b) =>
    (groupOf[a] === 'none') - (groupOf[b] === 'none') ||
    (groupOf[b] === 'nowhere') - (groupOf[a] === 'nowhere') ||
    guests[a].total.live - guests[b].total.live ||
    guests[a].total.prepare - guests[b].total.prepare ||
    a - b;
  const GUEST_ORDERS = [
    ['can go nowhere first', nowhereFirst],
    ['name', byName(guests)],
    ['vGPU type', (a, b) => collator.compare(typesOf[a], typesOf[b]) || byName(guests)(a, b)],
    ['vGPU version', (a, b) => newest[a] - newest[b] || byName(guests)(a, b)],
    ['most hosts first', (a, b) => nowhereFirst(b, a)],
  ];
  const HOST_ORDERS = [
    ['name', byName(hosts)],
    [
      'takes most guests first',
      (a, b) =>
        hosts[b].total.live - hosts[a].total.live ||
        hosts[b].total.prepare - hosts[a].total.prepare ||
        byName(hosts)(a, b),
    ],
    ['driver', (a, b) => collator.compare(hosts[a].driver, hosts[b].driver) || byName(hosts)(a, b)],
    [
      'accepted versions',
      (a, b) => {
        const left = rangeOf(hosts[a]['accepted-versions']),
          right = rangeOf(hosts[b]['accepted-versions']);
        return left.to - right.to || left.from - right.from || byName(hosts)(a, b);
      },
    ],
  ];

  let rows = [],
    columns = []; // the indices of the guests and hosts that are shown, in their order
  let group = ''; // of GROUPS; '' for all
  let matching = null; // for each outcome whether it fits the filters of cells; null without them
  let active = {row: 0, column: 0}; // -1: the names of the guests, or those of the hosts

  const outcomeAt = (row, column) => cells[rows[row]][columns[column]];

  function select(list, filter, order) {
    return [...list.keys()].filter(filter).sort(order);
  }

  function applyFilters() {
    const guestText = byId('guest').value.trim().toLowerCase(),
      hostText = byId('host').value.trim().toLowerCase();
    const type = byId('type').value,
      answer = byId('answer').value,
      code = byId('code').value;
    const has = (entry, text) => entry.name.toLowerCase().includes(text) || entry.uuid.includes(text);
    const kept = {guest: rows[active.row], host: columns[active.column]};

    matching =
      !answer && !code
        ? null
        : outcomes.map(
            (outcome) => (!answer || outcome.answer === answer) && (!code || outcome.code === code)
          );
    columns = select(hosts, (h) => has(hosts[h], hostText), HOST_ORDERS[byId('host-order').value][1]);
    rows = select(
      guests,
      (g) =>
        has(guests[g], guestText) &&
        (!group || groupOf[g] === group) &&
        (!type || guests[g].vgpu.some((vgpu) => vgpu.type === type)) &&
        (!matching || columns.some((h) => matching[cells[g][h]])),
      GUEST_ORDERS[byId('guest-order').value][1]
    );
    if (matching) columns = columns.filter((h) => rows.some((g) => matching[cells[g][h]]));

    active = {row: Math.max(rows.indexOf(kept.guest), 0), column: Math.max(columns.indexOf(kept.host), 0)};
    for (const button of byId('groups').children) {
      button.setAttribute('aria-pressed', String(button.value === group));
    }
    tellShown();
    grid.classList.toggle('filtered', matching !== null);
    byId('table').classList.toggle('nothing', rows.length === 0 || columns.length === 0);
    layOut();
  }

  function tellShown() {
    const isEmpty = rows.length === 0 || columns.length === 0;
    const noun = columns.length === 0 && rows.length > 0 ? 'host' : 'guest';

    byId('shown').textContent =
      `${numbers.format(rows.length)} of ${count(guests.length, 'guest', 'guests')} and ` +
      `${numbers.format(columns.length)} of ${count(hosts.length, 'host', 'hosts')} are shown.`;
    byId('empty').hidden = !isEmpty;
    grid.hidden = byId('keys').hidden = byId('finding').hidden = isEmpty;
    if (!isEmpty) return;
    byId('empty-text').textContent =
      guests.length === 0 || hosts.length === 0
        ? 'There are no guests or no hosts.'
        : `No ${noun} fits the filters: ${describeFilters().join('; ')}.`;
  }

  function describeFilters() {
    const chosen = (id) => byId(id).selectedOptions[0].textContent;
    const said = [];

    if (group) said.push(`guests: ${GROUPS.find((entry) => entry.name === group).label[1]}`);
    if (byId('guest').value.trim()) said.push(`guest: ${byId('guest').value.trim()}`);
    if (byId('host').value.trim()) said.push(`host: ${byId('host').value.trim()}`);
    if (byId('type').value) said.push(`vGPU type: ${chosen('type')}`);
    if (byId('answer').value) said.push(`answer: ${chosen('answer')}`);
    if (byId('code').value) said.push(`code: ${byId('code').value}`);
    return said;
  }

  // Moves to a guest, to a host or to a pair, which is shown even if the filters hid it.
  function reveal(guest, host) {
    if ((guest >= 0 && !rows.includes(guest)) || (host >= 0 && !columns.includes(host))) resetForm();
    moveTo(guest >= 0 ? rows.indexOf(guest) : -1, host >= 0 ? columns.indexOf(host) : -1);
    grid.focus({preventScroll: true});
    byId('frame').scrollIntoView({block: 'nearest'});
  }

  // --- the table: only the part that is visible, and a little around it, is in the document ---

  const grid = byId('grid'),
    extent = byId('extent');
  const SIZES = {wide: {width: 46, height: 26}, narrow: {width: 18, height: 20}};
  // By how many rows and columns the part grows. A larger step draws less often, and more at once.
  const ROW_STEP = 4,
    COLUMN_STEP = 8;
  let size = SIZES.wide;
  let names = 250,
    head = 120; // the width and the height of the names, as the style has them
  let part = {firstRow: 0, endRow: 0, first: 0, end: 0};
  const lines = new Map(); // row -> its elements; -1 for the names of the hosts
  const spare = [];
  let looks = []; // the different classes and texts of cells
  let lookOf = []; // for each outcome the index of its look

  function setCells(name) {
    byId('cells').value = name;
    size = SIZES[name];
    grid.classList.toggle('narrow', name === 'narrow');
  }

  function textOf(outcome) {
    if (size === SIZES.narrow) return ANSWERS[outcome.answer].glyph;
    if (outcome.answer === 'no') return (outcome.limit || '') + outcome.code.slice(-3);
    if (outcome.answer === 'unknown') return `?${outcome.code.slice(-3)}`;
    return ANSWERS[outcome.answer].text;
  }

  function wordsOf(outcome) {
    const isRefused = outcome.answer === 'no' || outcome.answer === 'unknown';
    return (
      ANSWERS[outcome.answer].words +
      (isRefused ? `, ${outcome.code}` : '') +
      (outcome.limit ? `, limited by the ${LIMITS[outcome.limit]}` : '')
    );
  }

  function findLooks() {
    const known = new Map();

    looks = [];
    lookOf = outcomes.map((outcome, i) => {
      const look = {
        className: `cell ${outcome.answer}${matching && matching[i] ? ' match' : ''}`,
        text: textOf(outcome),
      };
      const key = `${look.className} ${look.text}`;
      if (!known.has(key)) known.set(key, looks.push(look) - 1);
      return known.get(key);
    });
  }

  // After a change of what is shown, of its order or of its size.
  function layOut() {
    const style = getComputedStyle(document.documentElement);

    names = parseFloat(style.getPropertyValue('--names'));
    head = parseFloat(style.getPropertyValue('--head-height'));
    grid.style.scrollPadding = `${head}px 0 0 ${names}px`;
    grid.style.setProperty('--cell-width', `${size.width}px`);
    grid.style.setProperty('--cell-height', `${size.height}px`);
    extent.style.width = `${names + columns.length * size.width}px`;
    extent.style.height = `${head + rows.length * size.height}px`;
    // 'contain: strict' takes no size from the contents; 2 pixels are the border, the rest is a scroll bar
    grid.style.width = `${names + columns.length * size.width + 2}px`;
    grid.style.height = `${head + rows.length * size.height + 2}px`;
    grid.style.width = `${names + columns.length * size.width + grid.offsetWidth - grid.clientWidth}px`;
    grid.style.height = `${head + rows.length * size.height + grid.offsetHeight - grid.clientHeight}px`;
    grid.setAttribute('aria-rowcount', String(rows.length + 1));
    grid.setAttribute('aria-colcount', String(columns.length + 1));
    findLooks();
    for (const row of [...lines.keys()]) discard(row);
    part = {firstRow: 0, endRow: 0, first: 0, end: 0};
    if (rows.length > 0 && columns.length > 0) moveTo(active.row, active.column);
  }

  function newLine(isHead) {
    const first = make(
      'div',
      {role: isHead ? 'columnheader' : 'rowheader', className: 'names', 'aria-colindex': '1'},
      make('span'),
      make('span')
    );
    const strip = make('div', {role: 'presentation', className: 'strip'});
    return {
      element: make('div', {role: 'row', className: isHead ? 'row head' : 'row'}, first, strip),
      first,
      strip,
      isHead,
      cells: [], // of the part, from its first column on
      drawn: [], // for each of them what it shows
    };
  }

  function discard(row) {
    const line = lines.get(row);

    lines.delete(row);
    line.drawn.fill(-1);
    if (row < 0) {
      line.element.remove();
      return;
    }
    spare.push(line);
    line.element.hidden = true;
  }

  function takeLine(row) {
    const line = row >= 0 ? spare.pop() || newLine(false) : newLine(true);
    const [name, more] = line.first.children;

    lines.set(row, line);
    line.element.hidden = false;
    line.element.setAttribute('aria-rowindex', String(row + 2));
    if (row < 0) {
      name.textContent = 'guest \\ host';
    } else {
      line.element.style.top = `${head + row * size.height}px`;
      name.textContent = guests[rows[row]].name;
      more.textContent = typesOf[rows[row]].replaceAll('NVIDIA ', '');
      line.first.classList.toggle('nowhere', groupOf[rows[row]] === 'nowhere');
    }
    if (!line.element.isConnected) extent.append(line.element);
    return line;
  }

  function fillLine(line, row) {
    const n = part.end - part.first;

    while (line.cells.length < n) {
      const cell = line.isHead
        ? make('div', {role: 'columnheader', className: 'column'}, make('span'))
        : make('div', {role: 'gridcell'});
      line.strip.append(cell);
      line.cells.push(cell);
      line.drawn.push(-1);
    }
    while (line.cells.length > n) {
      line.cells.pop().remove();
      line.drawn.pop();
    }
    line.strip.style.left = `${names + part.first * size.width}px`;
    line.strip.style.width = `${n * size.width}px`;
    // the columns of the other cells follow from it
    line.cells[0].setAttribute('aria-colindex', String(part.first + 2));
    for (let i = 0; i < n; i++) {
      const column = part.first + i;
      const now = row < 0 ? column : lookOf[outcomeAt(row, column)];
      if (line.drawn[i] === now) continue;
      line.drawn[i] = now;
      if (row < 0) {
        line.cells[i].firstChild.textContent = line.cells[i].title = hosts[columns[column]].name;
      } else {
        line.cells[i].className = looks[now].className;
        line.cells[i].textContent = looks[now].text;
      }
    }
  }

  // The rows or columns to draw, of which those in the window begin and end here.
  function stepsAround(begin, end, step, limit) {
    return [
      Math.max(Math.floor((begin - 2) / step) * step, 0),
      Math.min(Math.ceil((Math.max(end, begin) + 2) / step) * step, limit),
    ];
  }

  function draw() {
    // while it is not displayed, as on paper, it has no size
    if (rows.length === 0 || columns.length === 0 || grid.clientHeight === 0) return;
    const top = grid.scrollTop / size.height,
      left = grid.scrollLeft / size.width;
    const [firstRow, endRow] = stepsAround(
      top,
      top + (grid.clientHeight - head) / size.height,
      ROW_STEP,
      rows.length
    );
    const [first, end] = stepsAround(
      left,
      left + (grid.clientWidth - names) / size.width,
      COLUMN_STEP,
      columns.length
    );
    const areSameColumns = first === part.first && end === part.end;

    if (areSameColumns && firstRow === part.firstRow && endRow === part.endRow) return;
    part = {firstRow, endRow, first, end};
    unmark();
    for (const row of [...lines.keys()]) if (row >= 0 && (row < firstRow || row >= endRow)) discard(row);
    for (let row = -1; row < endRow; row = Math.max(row + 1, firstRow)) {
      const line = lines.get(row);
      if (!line || !areSameColumns) fillLine(line || takeLine(row), row);
    }
    mark();
  }

  function elementAt(row, column) {
    const line = lines.get(row);
    return line && (column < 0 ? line.first : line.cells[column - part.first]);
  }

  // Marks the active cell, and the names of the cell under the pointer. Only the active cell has an identity,
  // because attributes of thousands of cells make scrolling slow.
  let marked = [];
  let aim = null;
  function unmark() {
    for (const element of marked) {
      element.classList.remove('active', 'aim');
      element.removeAttribute('id');
      element.removeAttribute('aria-label');
    }
    marked = [];
  }

  function mark() {
    const now = elementAt(active.row, active.column);
    const at = aim || active;

    unmark();
    marked = [elementAt(at.row, -1), elementAt(-1, at.column)].filter(Boolean);
    for (const element of marked) element.classList.add('aim');
    if (!now) {
      grid.removeAttribute('aria-activedescendant');
      return;
    }
    now.classList.add('active');
    now.id = `cell-${active.row}-${active.column}`;
    if (active.row >= 0 && active.column >= 0) {
      const outcome = outcomes[outcomeAt(active.row, active.column)];
      now.setAttribute('aria-label', `${textOf(outcome)}: ${wordsOf(outcome)}`);
    }
    marked.push(now);
    grid.setAttribute('aria-activedescendant', now.id);
  }

  function moveTo(row, column) {
    const limit = (value, end) => Math.min(Math.max(value, -1), end - 1);

    active = {row: limit(row, rows.length), column: limit(column, columns.length)};
    if (active.row >= 0) {
      const top = active.row * size.height,
        space = grid.clientHeight - head;
      if (top < grid.scrollTop) grid.scrollTop = top;
      else if (top + size.height > grid.scrollTop + space) grid.scrollTop = top + size.height - space;
    }
    if (active.column >= 0) {
      const left = active.column * size.width,
        space = grid.clientWidth - names;
      if (left < grid.scrollLeft) grid.scrollLeft = left;
      else if (left + size.width > grid.scrollLeft + space) grid.scrollLeft = left + size.width - space;
    }
    draw();
    mark();
    showFinding(active);
  }

  // --- findings ---

  // The pieces of a text for a pair: the reason, and what to do about it.
  function splitText(parts, guest, host) {
    const pieces = ['', ''];
    let piece = 0;

    for (const part of parts) {
      if (typeof part !== 'string') {
        pieces[piece] +=
          part.guest !== undefined ? guests[guest].text[part.guest] : hosts[host].text[part.host];
        continue;
      }
      const end = piece === 0 ? part.search(/\. (?=[A-Z])/) : -1;
      if (end < 0) {
        pieces[piece] += part;
        continue;
      }
      pieces[0] += part.slice(0, end + 1);
      pieces[1] = part.slice(end + 2);
      piece = 1;
    }
    return {reason: pieces[0], way: pieces[1]};
  }

  function textElements(parts, guest, host) {
    const {reason, way} = splitText(parts, guest, host);
    return [
      make('p', {className: 'reason'}, reason),
      way ? make('p', {className: 'way'}, make('b', {}, 'Way out'), way) : null,
    ];
  }

  function sampleOf(outcome) {
    const isCode = outcome.answer === 'no' || outcome.answer === 'unknown';
    const text = isCode
      ? (outcome.limit || (outcome.answer === 'unknown' ? '?' : '')) + outcome.code.slice(-3)
      : ANSWERS[outcome.answer].text;
    return make('span', {className: `sample ${outcome.answer}`, 'aria-hidden': 'true'}, text);
  }

  function listOf(pairs) {
    return make(
      'dl',
      {},
      ...pairs
        .filter(([, value]) => value)
        .flatMap(([name, value]) => [make('dt', {}, name), make('dd', {}, value)])
    );
  }

  const vgpusOf = (guest) =>
    guest.vgpu
      .map((vgpu) => vgpu.type + (vgpu['vgpu-version'] ? ` (version ${vgpu['vgpu-version']})` : ''))
      .join(', ');

  const gpusOf = (host) => countedNames(host.gpu);
  const takenBy = (host) => host['takes-all-of'].map((types) => countedNames(types.split(', ')));

  function totalsOf(total, noun) {
    return Object.keys(ANSWERS)
      .filter((answer) => total[answer] > 0)
      .map((answer) => make('li', {}, `${count(total[answer], noun, `${noun}s`)}: ${ANSWERS[answer].words}`));
  }

  function findingOfPair(g, h) {
    const guest = guests[g],
      host = hosts[h],
      outcome = outcomes[cells[g][h]];
    const {reason} = splitText(outcome.text, g, h);
    const summary = summaries.get(outcome.code) || '';

    return [
      make('h3', {}, `${guest.name} → ${host.name}`),
      make(
        'p',
        {},
        sampleOf(outcome),
        `${ANSWERS[outcome.answer].words}` + (outcome.limit ? `; limit: ${LIMITS[outcome.limit]}` : '')
      ),
      ...(outcome.answer === 'none' || outcome.answer === 'here'
        ? []
        : [
            make('p', {}, make('b', {}, outcome.code), reason.startsWith(summary) ? '' : ` ${summary}`),
            ...textElements(outcome.text, g, h),
          ]),
      ...outcome.warning.flatMap((warning) => [
        make('p', {}, make('b', {}, `Warning ${warning.code}`)),
        ...textElements(warning.text, g, h),
      ]),
      listOf([
        ['guest', vgpusOf(guest) || 'no metadata of a vGPU'],
        ['host', gpusOf(host)],
        ['driver', host.driver],
        ['accepts', `vGPU versions ${host['accepted-versions']}`],
        ['document', `of ${host.time}`],
      ]),
    ];
  }

  function findingOfGuest(g) {
    const guest = guests[g];
    const targets = hosts.map((_, h) => h).filter((h) => outcomes[cells[g][h]].answer === 'live');

    return [
      make('h3', {}, guest.name),
      make('ul', {}, ...totalsOf(guest.total, 'host')),
      targets.length > 0 ? make('p', {}, `Live to: ${namesOf(hosts, targets, 12)}.`) : null,
      listOf([
        ['vGPU', vgpusOf(guest) || 'no metadata of a vGPU'],
        ['UUID', guest.uuid],
        ['document', guest.origin],
      ]),
    ];
  }

  function findingOfHost(h) {
    const host = hosts[h],
      all = takenBy(host);

    return [
      make('h3', {}, host.name),
      make('ul', {}, ...totalsOf(host.total, 'guest')),
      all.length > 0 ? make('p', {}, `Can take all guests with: ${all.join('; ')}.`) : null,
      listOf([
        ['GPUs', gpusOf(host)],
        ['driver', host.driver],
        ['accepts', `vGPU versions ${host['accepted-versions']}`],
        ['supports', `vGPU versions ${host['supported-versions']}`],
        ['UUID', host.uuid],
        ['document', host.origin],
        ['written', host.time],
      ]),
    ];
  }

  let told = '';
  function showFinding(at) {
    const g = at.row < 0 ? -1 : rows[at.row],
      h = at.column < 0 ? -1 : columns[at.column];
    const key = `${g} ${h}`;
    let elements = [
      make('h3', {}, `${count(rows.length, 'guest', 'guests')}, ${count(columns.length, 'host', 'hosts')}`),
      make('p', {}, 'Choose a cell to see its finding, or a name to see its guest or host.'),
    ];

    if (key === told) return;
    told = key;
    if (g >= 0 && h >= 0) elements = findingOfPair(g, h);
    else if (g >= 0) elements = findingOfGuest(g);
    else if (h >= 0) elements = findingOfHost(h);
    byId('finding').replaceChildren(...elements.filter(Boolean));
  }

  // --- summary ---

  function namesOf(list, indices, most) {
    const named = indices
      .slice(0, most)
      .map((i) => list[i].name)
      .join(', ');
    return indices.length > most ? `${named} and ${numbers.format(indices.length - most)} more` : named;
  }

  function linkTo(text, action) {
    const button = make('button', {type: 'button', className: 'link'}, text);
    button.addEventListener('click', action);
    return button;
  }

  function withCommas(elements, rest) {
    const joined = elements.flatMap((element, i) => (i > 0 ? [', ', element] : [element]));
    return rest > 0 ? [...joined, ` and ${numbers.format(rest)} more`] : joined;
  }

  function factAbout(name, title) {
    const members = guests.map((_, g) => g).filter((g) => groupOf[g] === name);
    const links = members.slice(0, 10).map((g) => linkTo(guests[g].name, () => reveal(g, -1)));

    return members.length > 0
      ? make('li', {}, `${title}: `, ...withCommas(links, members.length - links.length), '.')
      : null;
  }

  function factsAboutTypes() {
    const takers = new Map(
      [...new Set(typesOf.filter(Boolean))].sort(collator.compare).map((type) => [type, []])
    );
    const entries = [];
    let nobody = [];

    hosts.forEach((host, h) => takenBy(host).forEach((type) => takers.get(type)?.push(h)));
    for (const [type, list] of takers) {
      const links = list.slice(0, 6).map((h) => linkTo(hosts[h].name, () => reveal(-1, h)));
      if (list.length === 0) nobody.push(type);
      else if (entries.length < 6) {
        entries.push(
          make(
            'li',
            {},
            `All guests with ${type} can run on: `,
            ...withCommas(links, list.length - links.length),
            '.'
          )
        );
      }
    }
    if (nobody.length > 0 && hosts.length > 1) {
      const rest = nobody.length - 8;
      nobody = nobody.slice(0, 8);
      entries.push(
        make(
          'li',
          {},
          `No host can take all guests with: ${nobody.join('; ')}` +
            `${rest > 0 ? ` and ${rest} more types` : ''}.`
        )
      );
    }
    return entries;
  }

  function factAboutReasons() {
    const counts = new Map();

    for (const row of cells) {
      for (const index of row) {
        const outcome = outcomes[index];
        if (outcome.answer === 'no' || outcome.answer === 'unknown') {
          counts.set(outcome.code, (counts.get(outcome.code) || 0) + 1);
        }
      }
    }
    const most = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 3);
    const links = most.map(([code, n]) =>
      linkTo(`${code}, ${summaries.get(code)}: ${count(n, 'pair', 'pairs')}`, () => {
        byId('code').value = code;
        applyFilters();
        byId('frame').scrollIntoView({block: 'nearest'});
      })
    );
    return most.length > 0 ? make('ul', {}, ...links.map((link) => make('li', {}, link))) : null;
  }

  function fillSummary() {
    const totals = new Map();
    const reasons = factAboutReasons();

    for (const name of groupOf) totals.set(name, (totals.get(name) || 0) + 1);
    const tiles = [
      ['', guests.length, ['guest', 'guests']],
      ...SHOWN_GROUPS.filter((name) => totals.has(name) || name === 'nowhere').map((name) => [
        name,
        totals.get(name) || 0,
        GROUPS.find((entry) => entry.name === name).label,
      ]),
    ];
    byId('groups').append(
      ...tiles.map(([name, n, label]) => {
        const button = make(
          'button',
          {type: 'button', value: name, 'aria-pressed': String(name === '')},
          make('b', {}, numbers.format(n)),
          make('span', {}, label[n === 1 ? 0 : 1])
        );
        button.addEventListener('click', () => {
          group = group === name ? '' : name;
          applyFilters();
        });
        return button;
      })
    );
    byId('facts').append(
      ...[
        factAbout('nowhere', 'Can go nowhere'),
        factAbout('prepare', 'Only after a device is prepared'),
        factAbout('cold', 'Can only be started cold elsewhere'),
        ...factsAboutTypes(),
        reasons ? make('li', {}, 'Most frequent reasons against a pair:', reasons) : null,
      ].filter(Boolean)
    );
    if (data.fault.length > 0) {
      byId('faults').append(
        make(
          'details',
          {open: data.fault.length < 6},
          make(
            'summary',
            {},
            `${count(data.fault.length, 'document or name is', 'documents or names are')} not in the table`
          ),
          make(
            'ul',
            {},
            ...data.fault.map((fault) =>
              make(
                'li',
                {},
                `${fault.of} ${fault.name ? `${fault.name}, ` : ''}${fault.origin}: ` +
                  `${fault.code}: ${fault.text}`
              )
            )
          )
        )
      );
    }
    byId('time').textContent = data.time;
    byId('time').dateTime = data.time;
  }

  function fillLegend() {
    const sample = (answer) =>
      make(
        'span',
        {className: `sample ${answer}`, 'aria-hidden': 'true'},
        [...new Set([ANSWERS[answer].text, ANSWERS[answer].glyph])].join(' ')
      );
    const used = new Set(cells.flatMap((row) => [...new Set(row)]).map((index) => outcomes[index].answer));
    const words = (answer) =>
      answer === 'no'
        ? 'refused, with the code after the limit: H host driver, G guest driver, P physical GPU, O other'
        : ANSWERS[answer].words;

    byId('legend').append(
      ...Object.keys(ANSWERS)
        .filter((answer) => used.has(answer))
        .map((answer) => make('li', {}, sample(answer), words(answer)))
    );
  }

  // --- versions ---

  function fillVersions() {
    const kinds = new Map(),
      marks = new Map();
    let unversioned = 0;

    hosts.forEach((host, h) => {
      const key = `${host['accepted-versions']} ${host['supported-versions']} ${host.driver}`;
      kinds.set(key, [...(kinds.get(key) || []), h]);
    });
    for (const guest of guests) {
      const found = new Set(guest.vgpu.map((vgpu) => vgpu['vgpu-version']).filter(Boolean));
      for (const version of found) marks.set(version, (marks.get(version) || 0) + 1);
      if (found.size === 0 && guest.vgpu.length > 0) unversioned++;
    }
    const ranges = hosts.flatMap((host) => [
      rangeOf(host['accepted-versions']),
      rangeOf(host['supported-versions']),
    ]);
    const versions = [...marks.keys()].sort((a, b) => versionNumber(a) - versionNumber(b));
    const all = [...ranges.flatMap((range) => [range.from, range.to]), ...versions.map(versionNumber)];
    const least = Math.floor(Math.min(...all)),
      most = Math.max(Math.max(...all), least + 1);
    const place = (value) => ((value - least) / (most - least)) * 100;
    const at = (className, from, to, ...children) => {
      const element = make('div', {className}, ...children);
      element.style.left = `${place(from)}%`;
      if (to !== undefined) element.style.width = `max(${place(to) - place(from)}%, 4px)`;
      return element;
    };
    const lane = (...children) => make('div', {className: 'track'}, ...children);
    const last = [-100, -100];
    const marksLane = lane(
      ...versions.map((version) => {
        const value = versionNumber(version);
        const level = place(value) - last[0] < 9 && place(value) - last[1] >= 9 ? 1 : 0;
        const element = at(
          'guests',
          value,
          undefined,
          make('b', {}, version),
          `${numbers.format(marks.get(version))} ▼`
        );
        if (level === 1) element.style.bottom = '28px';
        last[level] = place(value);
        return element;
      })
    );
    const order = (a, b) => HOST_ORDERS[3][1](a[0], b[0]);

    if (
      versions.some(
        (version, i) => i > 0 && place(versionNumber(version)) - place(versionNumber(versions[i - 1])) < 9
      )
    ) {
      marksLane.style.height = '62px';
    }
    byId('versions').append(
      make(
        'table',
        {},
        make(
          'thead',
          {},
          make(
            'tr',
            {},
            make('th', {scope: 'col'}, 'Hosts'),
            make('th', {scope: 'col'}, 'Driver'),
            make('th', {scope: 'col'}, 'Accepted'),
            make('th', {scope: 'col'}, 'Supported'),
            make('th', {scope: 'col', className: 'lane'}, 'Guests by version', marksLane)
          )
        ),
        make(
          'tbody',
          {},
          ...[...kinds.values()].sort(order).map((members) => {
            const host = hosts[members[0]];
            const accepted = rangeOf(host['accepted-versions']),
              supported = rangeOf(host['supported-versions']);
            return make(
              'tr',
              {},
              make(
                'th',
                {scope: 'row'},
                members.length > 1 ? make('b', {}, `${numbers.format(members.length)} hosts: `) : null,
                namesOf(hosts, members, 4)
              ),
              make('td', {className: 'range'}, host.driver),
              make('td', {className: 'range'}, host['accepted-versions'].replace('-', '–')),
              make('td', {className: 'range'}, host['supported-versions'].replace('-', '–')),
              make(
                'td',
                {className: 'lane'},
                lane(
                  at('reach', supported.from, supported.to),
                  at('bar', accepted.from, accepted.to),
                  ...versions
                    .map(versionNumber)
                    .map((value) =>
                      at(value >= accepted.from && value <= accepted.to ? 'tick inside' : 'tick', value)
                    )
                )
              )
            );
          })
        )
      )
    );
    if (unversioned > 0) {
      byId('versions').after(
        make(
          'p',
          {className: 'soft'},
          `${count(unversioned, 'guest has', 'guests have')} no version, because no guest driver was loaded.`
        )
      );
    }
  }

  // --- paper ---

  const CELLS_ON_PAPER = 20000,
    TEXTS_ON_PAPER = 400,
    HOSTS_ON_PAPER = 24;

  function paperTable(from, end) {
    const some = columns.slice(from, end);
    return make(
      'table',
      {},
      make(
        'thead',
        {},
        make(
          'tr',
          {},
          make('th', {}, 'guest'),
          ...some.map((h) => make('th', {}, make('span', {}, hosts[h].name)))
        )
      ),
      make(
        'tbody',
        {},
        ...rows.map((g) =>
          make(
            'tr',
            {},
            make('th', {}, guests[g].name),
            ...some.map((h) => {
              const outcome = outcomes[cells[g][h]];
              return make('td', {className: outcome.answer}, textOf(outcome));
            })
          )
        )
      )
    );
  }

  function paperTexts() {
    return rows
      .map((g) => {
        const byText = new Map();
        for (const h of columns) {
          const outcome = outcomes[cells[g][h]];
          if (!['no', 'unknown', 'prepare', 'cold'].includes(outcome.answer)) continue;
          const {reason, way} = splitText(outcome.text, g, h);
          const text = `${outcome.code}: ${reason} ${way}`;
          byText.set(text, [...(byText.get(text) || []), h]);
        }
        return byText.size === 0
          ? null
          : make(
              'li',
              {},
              make('b', {}, guests[g].name),
              make(
                'ul',
                {},
                ...[...byText].map(([text, list]) => make('li', {}, `${namesOf(hosts, list, 6)}: ${text}`))
              )
            );
      })
      .filter(Boolean);
  }

  function fillPaper() {
    const before = size;
    const n = rows.length * columns.length;
    const filters = describeFilters();
    const parts = [
      make(
        'p',
        {},
        byId('shown').textContent + (filters.length > 0 ? ` Filters: ${filters.join('; ')}.` : '')
      ),
    ];

    size = SIZES.wide;
    if (n > CELLS_ON_PAPER) {
      parts.push(
        make(
          'p',
          {},
          `${numbers.format(n)} cells are too many for paper. Choose guests or hosts with the ` +
            'filters first.'
        )
      );
    } else {
      for (let c = 0; c < columns.length; c += HOSTS_ON_PAPER) parts.push(paperTable(c, c + HOSTS_ON_PAPER));
    }
    size = before;
    if (n > 0 && n <= TEXTS_ON_PAPER) {
      const texts = paperTexts();
      if (texts.length > 0) parts.push(make('h3', {}, 'Findings'), make('ul', {}, ...texts));
    }
    byId('paper').replaceChildren(...parts);
  }

  // --- events ---

  const pageRows = () => Math.max(Math.floor((grid.clientHeight - head) / size.height) - 1, 1);
  const KEYS = {
    ArrowUp: () => moveTo(active.row - 1, active.column),
    ArrowDown: () => moveTo(active.row + 1, active.column),
    ArrowLeft: () => moveTo(active.row, active.column - 1),
    ArrowRight: () => moveTo(active.row, active.column + 1),
    PageUp: () => moveTo(Math.max(active.row - pageRows(), 0), active.column),
    PageDown: () => moveTo(active.row + pageRows(), active.column),
    Home: (event) => moveTo(event.ctrlKey ? 0 : active.row, 0),
    End: (event) => moveTo(event.ctrlKey ? rows.length - 1 : active.row, columns.length - 1),
    Enter: () => byId('finding').focus(),
  };

  function cellAt(event) {
    const box = grid.getBoundingClientRect();
    const x = event.clientX - box.left - grid.clientLeft,
      y = event.clientY - box.top - grid.clientTop;
    const row = y < head ? -1 : Math.floor((y - head + grid.scrollTop) / size.height);
    const column = x < names ? -1 : Math.floor((x - names + grid.scrollLeft) / size.width);

    return x > grid.clientWidth || y > grid.clientHeight || row >= rows.length || column >= columns.length
      ? null
      : {row, column};
  }

  function pointAt(at) {
    aim = at;
    mark();
    showFinding(at || active);
  }

  function fillSelect(id, entries) {
    byId(id).append(...entries.map(([value, text]) => make('option', {value}, text)));
  }

  function fillFilters() {
    const types = [...new Set(guests.flatMap((guest) => guest.vgpu.map((vgpu) => vgpu.type)))].sort(
      collator.compare
    );
    const answers = Object.keys(ANSWERS).filter((answer) =>
      outcomes.some((outcome) => outcome.answer === answer)
    );

    fillSelect('type', [['', 'all'], ...types.map((type) => [type, type])]);
    fillSelect('answer', [['', 'all'], ...answers.map((answer) => [answer, ANSWERS[answer].words])]);
    fillSelect('code', [
      ['', 'all'],
      ...data.code.map((entry) => [entry.code, `${entry.code} ${entry.summary}`]),
    ]);
    fillSelect(
      'guest-order',
      GUEST_ORDERS.map(([text], i) => [i, text])
    );
    fillSelect(
      'host-order',
      HOST_ORDERS.map(([text], i) => [i, text])
    );
  }

  function listen() {
    for (const id of ['guest', 'host']) byId(id).addEventListener('input', applyFilters);
    for (const id of ['type', 'answer', 'code', 'guest-order', 'host-order']) {
      byId(id).addEventListener('change', applyFilters);
    }
    byId('cells').addEventListener('change', () => {
      setCells(byId('cells').value);
      layOut();
    });
    byId('theme').addEventListener('change', () => {
      document.documentElement.style.colorScheme = byId('theme').value;
    });
    byId('filters').addEventListener('submit', (event) => event.preventDefault());
    byId('filters').addEventListener('reset', (event) => {
      event.preventDefault();
      resetForm();
    });
    byId('show-all').addEventListener('click', resetForm);
    grid.addEventListener('scroll', draw, {passive: true});
    grid.addEventListener('keydown', (event) => {
      const action = event.altKey || event.metaKey ? null : KEYS[event.key];
      if (!action) return;
      event.preventDefault();
      aim = null;
      action(event);
      // the window can be smaller than the table, and the finding over its lower part
      elementAt(active.row, active.column)?.scrollIntoView({block: 'nearest', inline: 'nearest'});
    });
    grid.addEventListener('pointermove', (event) => pointAt(cellAt(event)));
    grid.addEventListener('pointerleave', () => pointAt(null));
    grid.addEventListener('click', (event) => {
      const at = cellAt(event);
      if (at) moveTo(at.row, at.column);
    });
    byId('finding').addEventListener('keydown', (event) => {
      if (event.key === 'Escape') grid.focus();
    });
    new ResizeObserver(() => {
      const style = getComputedStyle(document.documentElement);
      if (parseFloat(style.getPropertyValue('--names')) !== names) layOut();
      else draw();
    }).observe(grid);
    addEventListener('beforeprint', fillPaper);
  }

  function resetForm() {
    for (const id of ['guest', 'host']) byId(id).value = '';
    for (const id of ['type', 'answer', 'code', 'guest-order', 'host-order']) byId(id).selectedIndex = 0;
    group = '';
    setCells(hosts.length > 40 ? 'narrow' : 'wide');
    applyFilters();
  }

  fillSummary();
  fillLegend();
  fillFilters();
  fillVersions();
  listen();
  resetForm();
})();
