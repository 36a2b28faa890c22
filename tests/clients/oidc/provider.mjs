// An identity provider: npm's oidc-provider as it is, with its own pages to sign in. What it sends can
// be made wrong, and its keys exchanged, by `POST /control`.
//
//   MODULES=node_modules node provider.mjs REDIRECT_URI HOME
//
// Writes `issuer: URL` once it listens. Whoever signs in is who they say: ann is of sre, vic of staff,
// lea of both and of leads, gus of none.
import crypto from "node:crypto";
import http from "node:http";
import path from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";

const entry = path.join(process.env.MODULES, "oidc-provider/lib/index.js");
const { Provider } = await import(pathToFileURL(entry).href);

const [redirectUri, home] = process.argv.slice(2);
const GROUPS = { ann: ["sre"], vic: ["staff"], lea: ["staff", "sre", "leads"], gus: [] };
const KINDS = {
  RS256: ["rsa", { modulusLength: 2048 }],
  RS512: ["rsa", { modulusLength: 2048 }],
  PS256: ["rsa", { modulusLength: 2048 }],
  ES256: ["ec", { namedCurve: "P-256" }],
  ES384: ["ec", { namedCurve: "P-384" }],
  Ed25519: ["ed25519", {}],
};

const server = http.createServer();
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
const issuer = `http://127.0.0.1:${server.address().port}`;

let key;
let twist = (claims) => claims;
let altered = false;
let provider;

/** What changes a token, before it is signed again. */
const TWISTS = {
  none: (claims) => claims,
  nonce: (claims) => ({ ...claims, nonce: "another" }),
  issuer: (claims) => ({ ...claims, iss: "https://evil.example" }),
  audience: (claims) => ({ ...claims, aud: "another" }),
  expired: (claims) => ({ ...claims, exp: Math.floor(Date.now() / 1000) - 3600 }),
  early: (claims) => ({ ...claims, iat: Math.floor(Date.now() / 1000) + 3600 }),
};

const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const read = (text) => JSON.parse(Buffer.from(text, "base64url").toString());

function twisted(token) {
  const [header, payload, proof] = token.split(".");
  const claims = twist(read(payload));
  if (altered) return `${header}.${part({ ...claims, groups: ["leads"] })}.${proof}`;
  const signed = `${header}.${part(claims)}`;
  const again = crypto.sign("sha256", Buffer.from(signed), key).toString("base64url");
  return `${signed}.${again}`;
}

function begin(alg) {
  const [kind, options] = KINDS[alg];
  key = crypto.generateKeyPairSync(kind, options).privateKey;
  provider = new Provider(issuer, {
    clients: [
      {
        client_id: "bellwether",
        client_secret: "the secret of bellwether & co",
        redirect_uris: [redirectUri],
        post_logout_redirect_uris: [home],
        id_token_signed_response_alg: alg,
      },
    ],
    jwks: { keys: [{ ...key.export({ format: "jwk" }), use: "sig", alg, kid: crypto.randomUUID() }] },
    enabledJWA: { idTokenSigningAlgValues: Object.keys(KINDS) },
    cookies: { keys: ["of tests"] },
    pkce: { required: () => true },
    scopes: ["openid", "profile", "groups"],
    claims: { openid: ["sub"], profile: ["preferred_username"], groups: ["groups"] },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: `id-of-${id}`, preferred_username: id, groups: GROUPS[id] }),
    }),
  });
  provider.use(async (context, next) => {
    await next();
    const isTwisted = twist !== TWISTS.none || altered;
    if (isTwisted && context.path === "/token" && context.body?.id_token) {
      context.body.id_token = twisted(context.body.id_token);
    }
  });
}

begin("RS256");
twist = TWISTS.none;
server.on("request", (request, response) => {
  const url = new URL(request.url, issuer);
  if (url.pathname !== "/control") return provider.callback()(request, response);
  const wanted = url.searchParams.get("twist") ?? "none";
  altered = wanted === "altered";
  twist = TWISTS[wanted] ?? TWISTS.none;
  if (url.searchParams.has("key")) begin(url.searchParams.get("key"));
  response.writeHead(204).end();
});
console.log(`issuer: ${issuer}`);
