// Asks the device for a passkey and sends its answer with the form; without it a code still works.
const toBytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const toText = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const keys = (list) => (list || []).map((key) => ({ ...key, id: toBytes(key.id) }));

async function ask({ publicKey }) {
  const options = { ...publicKey, challenge: toBytes(publicKey.challenge) };
  if (!publicKey.user) {
    options.allowCredentials = keys(publicKey.allowCredentials);
    return navigator.credentials.get({ publicKey: options });
  }
  options.user = { ...publicKey.user, id: toBytes(publicKey.user.id) };
  options.excludeCredentials = keys(publicKey.excludeCredentials);
  return navigator.credentials.create({ publicKey: options });
}

function answer(credential) {
  const response = {};
  for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"])
    if (credential.response[part]) response[part] = toText(credential.response[part]);
  return JSON.stringify({
    id: credential.id,
    rawId: toText(credential.rawId),
    type: credential.type,
    response,
    clientExtensionResults: credential.getClientExtensionResults(),
  });
}

const reasons = { SecurityError: "nowhere", InvalidStateError: "known" };

for (const form of document.querySelectorAll("[data-passkey]")) {
  form.hidden = !window.PublicKeyCredential;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const wrong = form.querySelector("[role=alert]");
    wrong.hidden = true;
    try {
      const page = document.getElementById("passkey-options");
      const options = page
        ? JSON.parse(page.textContent)
        : (await (await fetch(form.action, { headers: { Accept: "application/json" } })).json())
            .request_options;
      form.elements.credential.value = answer(await ask(options));
      form.submit();
    } catch (error) {
      wrong.textContent = wrong.dataset[reasons[error.name] || "stopped"];
      wrong.hidden = false;
    }
  });
}
