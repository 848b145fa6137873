# The service `xlner serve` with the models that need no network.
#   docker build -t xlner .
#   docker run --rm -p 127.0.0.1:8000:8000 xlner
FROM python:3.11-slim

# libgomp1: OpenMP, which torch and OpenVINO use.
RUN apt-get update \
 && apt-get install -y --no-install-recommends libgomp1 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --uid 10001 xlner

WORKDIR /opt/xlner
COPY setup.cfg pyproject.toml constraints.txt README.md LICENSE ./
COPY xlner_spacy ./xlner_spacy
RUN pip install --no-cache-dir -c constraints.txt ".[offline,serve]"

USER xlner
ENV XLNER_CACHE=/home/xlner/cache
# The embedded models are unpacked when the image is built, not at each start.
RUN python -c "import xlner_spacy; print(xlner_spacy.load(lang='pt')('A Maria vive em Lisboa.').ents)"

EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=180s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health', timeout=4)"]
ENTRYPOINT ["xlner", "serve", "--host", "0.0.0.0", "--port", "8000"]
CMD ["--lang", "pt"]
