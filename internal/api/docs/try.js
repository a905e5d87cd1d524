// Sends the requests of the forms. The page is complete without this script. Whatever an answer contains is
// shown as text, and the key is never stored.
const key = document.querySelector('#key input');

// The menu is open for pages without this script; on a narrow screen it would hide everything else.
if (matchMedia('(max-width: 60rem)').matches) {
  document.querySelector('.menu').open = false;
}
document.querySelector('#key').addEventListener('submit', (event) => event.preventDefault());
for (const form of document.querySelectorAll('form')) {
  form.hidden = false;
}
for (const form of document.querySelectorAll('form.try')) {
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const button = form.querySelector('button');
    button.disabled = true;
    try {
      show(form, ...await send(request(form)));
    } catch (error) {
      show(form, 'No answer: ' + error.message, '');
    }
    button.disabled = false;
  });
}

// request returns the path and the options for fetch that a form describes.
function request(form) {
  const headers = new Headers({Accept: 'application/json'}), query = new URLSearchParams();
  let path = form.dataset.path;
  for (const field of form.querySelectorAll('[data-in]')) {
    const {name, value} = field;
    if (field.dataset.in === 'path') {
      path = path.replace('{' + name + '}', encodeURIComponent(value));
    } else if (value !== '' && field.dataset.in === 'query') {
      query.set(name, value);
    } else if (value !== '') {
      headers.set(name, value);
    }
  }
  if (key.value.trim() !== '') {
    headers.set('Authorization', 'Bearer ' + key.value.trim());
  }
  const options = {method: form.dataset.method, headers, credentials: 'omit', cache: 'no-store', redirect: 'error'};
  const body = form.querySelector('textarea');
  if (body) {
    headers.set('Content-Type', body.dataset.type);
    options.body = body.value;
  }
  return [path + (query.size > 0 ? '?' + query : ''), options];
}

// send returns the status line with the headers of an answer, and its body.
async function send([path, options]) {
  const answer = await fetch(path, options), text = await answer.text();
  const lines = [answer.status + ' ' + answer.statusText, ...[...answer.headers].map((header) => header.join(': '))];
  try {
    return [lines.join('\n'), JSON.stringify(JSON.parse(text), null, 2)];
  } catch {
    return [lines.join('\n'), text];
  }
}

function show(form, ...texts) {
  form.querySelector('output').replaceChildren(...texts.filter(Boolean).map((text) => {
    const shown = document.createElement('pre');
    shown.tabIndex = 0;
    shown.textContent = text;
    return shown;
  }));
}
