// peer.mjs SETTINGS URL: scans URL with @slashgear/gdpr-cookie-scanner through its API and prints its result as JSON.
// SETTINGS is JSON: modules (a node_modules folder), browser (an executable), browser_arguments (further ones).
// The peer launches the browser that Playwright downloads. Here that one call is given another executable and two arguments more, which
// make the test server's names and certificate good; nothing else of the peer is changed.
const [, , settingsText, url] = process.argv;
const settings = JSON.parse(settingsText);
const {chromium} = await import(`${settings.modules}/playwright/index.mjs`);
const {scan} = await import(`${settings.modules}/@slashgear/gdpr-cookie-scanner/dist/index.js`);

const launch = chromium.launch.bind(chromium);
chromium.launch = options =>
  launch({...options, executablePath: settings.browser, args: [...options.args, ...settings.browser_arguments]});

process.stdout.write(JSON.stringify(await scan(url)));
