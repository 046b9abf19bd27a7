# The image of every Kapstan program: `kapstan`, run by an ordinary user, with nothing in it that only tests need.

FROM python:3.11.15-slim-trixie AS base
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore


FROM base AS build
WORKDIR /build

# The lock holds the tools of development too. Everything is installed by its hash: all of it here, to build with; what
# a running Kapstan needs of it, into the environment that is shipped.
COPY requirements.lock pyproject.toml ./
COPY deploy/runtime_requirements.py deploy/sbom.py deploy/
# Extras of pyproject.toml that this image has besides, such as otel; none in a release.
ARG EXTRAS=""
RUN python -m venv tools \
    && tools/bin/pip install --require-hashes --requirement requirements.lock \
    && tools/bin/python deploy/runtime_requirements.py $EXTRAS > runtime.lock \
    && python -m venv /opt/kapstan \
    && /opt/kapstan/bin/pip install --require-hashes --requirement runtime.lock \
    && tools/bin/python deploy/sbom.py > /opt/kapstan/sbom.cdx.json

COPY . .
RUN tools/bin/pip wheel --no-deps --no-build-isolation --no-index --wheel-dir dist . \
    && /opt/kapstan/bin/pip install --no-deps --no-index dist/*.whl \
    && /opt/kapstan/bin/pip check


FROM base
RUN useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin kapstan
COPY --from=build /opt/kapstan /opt/kapstan
ENV PATH=/opt/kapstan/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /etc/kapstan
USER kapstan
STOPSIGNAL SIGTERM
ENTRYPOINT ["kapstan"]
CMD ["worker"]
