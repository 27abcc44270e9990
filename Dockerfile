# Build:  docker build -t rampart:0.1.0 .        by BuildKit: Docker 23 or newer, or DOCKER_BUILDKIT=1
# The base is an exact version by its digest. Another one (--build-arg NODE_IMAGE=...) has to carry Node 24 or newer, npm, dpkg and apt-get.
# Nothing is run in the last stages: what they hold is gathered before, with the times of SOURCE_DATE_EPOCH, so that two builds give the same layer.
ARG NODE_IMAGE=node:26.10.0-bookworm-slim@sha256:662933cf47f013bc8e4beb31a6116448427a82057ba7c42c97e4c5ba766504c2

# JavaScript is the same for every platform, so it is made on that of the builder.
FROM --platform=${BUILDPLATFORM} ${NODE_IMAGE} AS bundle
WORKDIR /src
COPY package.json package-lock.json ./
# esbuild's script puts its program in place; no other package of the lock file gets to run one.
RUN --mount=type=cache,target=/root/.npm \
    npm ci --ignore-scripts --no-audit --no-fund && npm rebuild esbuild
COPY tsconfig.json ./
COPY tools/build.ts tools/lean-packages.ts ./tools/
COPY src ./src
RUN node tools/build.ts && node dist/rampart.js version && node dist/rampart.js controller --help > /dev/null

# Node and dumb-init with the libraries that they load, and nothing else: no shell, no package manager, no npm. dumb-init reaps children (exec plugins of
# a kubeconfig) and passes signals on, which node as PID 1 does not.
FROM ${NODE_IMAGE} AS system
RUN apt-get update && apt-get install -y --no-install-recommends dumb-init
COPY tools/image/root-file-system.sh /tmp/
RUN sh /tmp/root-file-system.sh /image
# With the package.json that makes Node read it as a module at once.
COPY --from=bundle /src/dist/ /image/app/
COPY LICENSE /image/app/
ARG SOURCE_DATE_EPOCH=0
RUN chmod -R u=rwX,go=rX /image && find /image -exec touch --no-dereference --date="@${SOURCE_DATE_EPOCH}" {} +

FROM scratch AS rampart
COPY --from=system /image/ /
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="rampart" \
      org.opencontainers.image.description="Progressive delivery for Kubernetes" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production \
    PATH=/usr/local/bin:/usr/bin
USER 65532:65532
EXPOSE 8080 8090
# For those who run it without Kubernetes, which has probes of its own and ignores this one.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["node", "-e", "\
  const host = process.env.RAMPART_BIND_ADDRESS || '127.0.0.1'; \
  const url = 'http://' + (host.includes(':') ? '[' + host + ']' : host) + ':' + (process.env.RAMPART_HEALTHZ_PORT || 8080) + '/healthz'; \
  fetch(url).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1));"]
ENTRYPOINT ["dumb-init", "--", "node", "/app/rampart.js"]
CMD ["controller"]

# The demo's image, for clusters where pods are containers:  docker build --target demo -t rampart-demo .
# Rampart as it is, and the shop beside it, which a pod runs by `node /app/shop/shop.ts`.
FROM rampart AS demo
COPY demo/shop/shop.ts demo/shop/settings.ts demo/shop/metrics.ts /app/shop/
# Rampart's would ask the shop for what it does not have.
HEALTHCHECK NONE

# The last stage is what a build without --target makes: Rampart alone.
FROM rampart
