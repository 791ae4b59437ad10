# syntax=docker/dockerfile:1
# Every image of TecHub: docker build --target api|generator|screenshotter|optimizer|notifier|doubles|backup
# The runbook says how to pin the base images by digest.
ARG PYTHON_IMAGE=python:3.11-slim-trixie

# --- the build stage: uv, by its hash ---------------------------------------------------------------
FROM ${PYTHON_IMAGE} AS build
ENV UV_NO_CACHE=1
WORKDIR /src
COPY requirements/build.lock requirements/
RUN pip install --no-cache-dir --require-hashes --requirement requirements/build.lock
COPY deploy/images/install.sh deploy/images/

# --- one environment per image, from its own lock -----------------------------------------------------
FROM build AS api-environment
COPY requirements/api.lock requirements/
RUN deploy/images/install.sh dependencies api /opt/techub
COPY libs/common libs/common
COPY libs/cards libs/cards
COPY libs/cli libs/cli
COPY services/api services/api
RUN deploy/images/install.sh members /opt/techub

FROM build AS generator-environment
COPY requirements/generator.lock requirements/
RUN deploy/images/install.sh dependencies generator /opt/techub
COPY libs/common libs/common
COPY services/generator services/generator
RUN deploy/images/install.sh members /opt/techub

FROM build AS screenshotter-environment
COPY requirements/screenshotter.lock requirements/
RUN deploy/images/install.sh dependencies screenshotter /opt/techub
COPY libs/common libs/common
COPY libs/cards libs/cards
COPY services/screenshotter services/screenshotter
RUN deploy/images/install.sh members /opt/techub

FROM build AS optimizer-environment
COPY requirements/optimizer.lock requirements/
RUN deploy/images/install.sh dependencies optimizer /opt/techub
COPY libs/common libs/common
COPY services/optimizer services/optimizer
RUN deploy/images/install.sh members /opt/techub

FROM build AS notifier-environment
COPY requirements/notifier.lock requirements/
RUN deploy/images/install.sh dependencies notifier /opt/techub
COPY libs/common libs/common
COPY services/notifier services/notifier
RUN deploy/images/install.sh members /opt/techub

FROM build AS doubles-environment
COPY requirements/doubles.lock requirements/
RUN deploy/images/install.sh dependencies doubles /opt/techub
COPY libs/common libs/common
COPY libs/devstack libs/devstack
RUN deploy/images/install.sh members /opt/techub

# --- what every image is: no compiler, no package tool, nobody's root, nothing written ----------------
FROM ${PYTHON_IMAGE} AS runtime
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.vendor="TecHub" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
RUN pip uninstall --yes setuptools wheel pip \
    && groupadd --gid 10001 techub \
    && useradd --uid 10001 --gid techub --no-create-home --home-dir /tmp --shell /usr/sbin/nologin techub
COPY deploy/images/healthy.py /usr/local/lib/techub/healthy.py
ENV PATH=/opt/techub/bin:$PATH \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HEALTH_PORT=9090
WORKDIR /tmp
USER 10001:10001
EXPOSE 9090
HEALTHCHECK --interval=5s --timeout=5s --start-period=30s --retries=6 \
    CMD ["python", "/usr/local/lib/techub/healthy.py"]
STOPSIGNAL SIGTERM

# --- the images ---------------------------------------------------------------------------------------
FROM runtime AS generator
LABEL org.opencontainers.image.title="techub/generator" \
      org.opencontainers.image.description="GitHub data to eligibility to card traits"
COPY --from=generator-environment /opt/techub /opt/techub
ENTRYPOINT ["python", "-m", "techub_generator"]
CMD ["serve"]

FROM runtime AS screenshotter
LABEL org.opencontainers.image.title="techub/screenshotter" \
      org.opencontainers.image.description="Card and variant to picture, in Chromium"
USER 0:0
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        chromium-headless-shell fonts-noto-core fonts-noto-cjk fonts-noto-color-emoji tini \
    && rm -rf /var/lib/apt/lists/* \
    && /usr/lib/chromium/chromium-headless-shell --version
USER 10001:10001
ENV CHROMIUM_PATH=/usr/lib/chromium/chromium-headless-shell
COPY --from=screenshotter-environment /opt/techub /opt/techub
# Chromium's processes may outlive the one that started them; somebody must see them off.
ENTRYPOINT ["tini", "--", "python", "-m", "techub_screenshotter"]
CMD ["serve"]

FROM runtime AS optimizer
LABEL org.opencontainers.image.title="techub/optimizer" \
      org.opencontainers.image.description="Picture to small pictures, with libvips, else ImageMagick 7"
USER 0:0
# libvips comes with the lock (pyvips-binary).
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends imagemagick \
    && rm -rf /var/lib/apt/lists/*
RUN magick -version
USER 10001:10001
ENV IMAGE_OPT_VIPS=1 \
    IM_CLI=magick
COPY --from=optimizer-environment /opt/techub /opt/techub
RUN python -c 'import pyvips; print("libvips", pyvips.version(0), pyvips.version(1))'
ENTRYPOINT ["python", "-m", "techub_optimizer"]
CMD ["serve"]

FROM runtime AS notifier
LABEL org.opencontainers.image.title="techub/notifier" \
      org.opencontainers.image.description="How a run ended, by e-mail, once"
COPY --from=notifier-environment /opt/techub /opt/techub
ENTRYPOINT ["python", "-m", "techub_notifier"]
CMD ["serve"]

FROM runtime AS doubles
LABEL org.opencontainers.image.title="techub/doubles" \
      org.opencontainers.image.description="GitHub, Gemini and Resend as developers have them"
COPY --from=doubles-environment /opt/techub /opt/techub
EXPOSE 8081 8082 8083
HEALTHCHECK --interval=5s --timeout=5s --start-period=30s --retries=6 \
    CMD ["python", "/usr/local/lib/techub/healthy.py", "/mailbox.json", "8083"]
ENTRYPOINT ["python", "-m", "techub_devstack.doubles"]
CMD ["--host", "0.0.0.0", "--github-port", "8081", "--gemini-port", "8082", "--resend-port", "8083"]

# Debian 13's pg_dump is version 17: it reads servers up to that, and no newer ones.
FROM runtime AS backup
LABEL org.opencontainers.image.title="techub/backup" \
      org.opencontainers.image.description="Postgres into the object store, and back"
USER 0:0
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends postgresql-client \
    && rm -rf /var/lib/apt/lists/* \
    && pg_dump --version
USER 10001:10001
COPY --from=api-environment /opt/techub /opt/techub
COPY deploy/backup/backup.py /usr/local/lib/techub/backup.py
HEALTHCHECK NONE
ENTRYPOINT ["python", "/usr/local/lib/techub/backup.py"]
CMD ["create"]

# The last one is what `docker build` makes when it is told nothing.
FROM runtime AS api
LABEL org.opencontainers.image.title="techub/api" \
      org.opencontainers.image.description="The gateway and the keeper of the story, and the command techub"
COPY --from=api-environment /opt/techub /opt/techub
COPY deploy/images/techub /opt/techub/bin/techub
EXPOSE 3000
ENTRYPOINT ["python", "-m", "techub_api"]
CMD ["serve"]
