# Build:  docker build -t rampart:0.1.0 .
# The base is an exact version by its digest. Another one (--build-arg NODE_IMAGE=...) has to carry Node 24 or newer and apt-get, and npm for the
# first stage.
ARG NODE_IMAGE=node:26.10.0-bookworm-slim@sha256:662933cf47f013bc8e4beb31a6116448427a82057ba7c42c97e4c5ba766504c2

FROM ${NODE_IMAGE} AS build
WORKDIR /src
COPY package.json package-lock.json ./
# esbuild's script puts its program in place; no other package of the lock file gets to run one.
RUN npm ci --ignore-scripts --no-audit --no-fund && npm rebuild esbuild
COPY tsconfig.json ./
COPY tools/build.ts tools/lean-packages.ts ./tools/
COPY src ./src
RUN node tools/build.ts && node dist/rampart.js version && node dist/rampart.js controller --help > /dev/null

FROM ${NODE_IMAGE} AS rampart
# npm and its kind have no business in production; dumb-init reaps children (exec plugins of a kubeconfig) and passes signals on, which
# node as PID 1 does not.
RUN apt-get update \
 && apt-get install -y --no-install-recommends dumb-init ca-certificates \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt /var/log/apt /var/log/dpkg.log \
    /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack \
    /usr/local/bin/yarn /usr/local/bin/yarnpkg /opt/yarn-*
ARG REVISION=unknown
LABEL org.opencontainers.image.title="rampart" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.description="Progressive delivery for Kubernetes" \
      org.opencontainers.image.licenses="Apache-2.0"
# With the package.json that makes Node read it as a module at once.
COPY --from=build /src/dist/ /app/
COPY LICENSE /app/
USER 65532:65532
ENV NODE_ENV=production
EXPOSE 8080 8090
# For those who run it without Kubernetes, which has probes of its own and ignores this one.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["node", "-e", "\
  const host = process.env.RAMPART_BIND_ADDRESS || '127.0.0.1'; \
  const url = 'http://' + (host.includes(':') ? '[' + host + ']' : host) + ':' + (process.env.RAMPART_HEALTHZ_PORT || 8080) + '/healthz'; \
  fetch(url).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1));"]
ENTRYPOINT ["dumb-init", "--", "node", "/app/rampart.js"]
CMD ["controller"]

# The demo's image, for clusters where pods are containers:  docker build --target demo -t rampart-demo .
# Rampart as it is, and the shop beside it, which a pod runs by `node /app/shop/shop.ts`.
FROM rampart AS demo
COPY demo/shop/shop.ts demo/shop/settings.ts demo/shop/metrics.ts /app/shop/

# The last stage is what a build without --target makes: Rampart alone.
FROM rampart
