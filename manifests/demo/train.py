#!/usr/bin/env python3
"""Train the demo's three versions of a digit classifier on the images that ship with scikit-learn.

    train.py OUTPUT

writes OUTPUT/digits-1.tar.gz, -2 and -3, each what MLServer loads (model-settings.json and model.joblib), and
OUTPUT/requests.json, images that no version has seen, as {"images": [[64 numbers]...], "labels": [...]}.

Version 1 is a fair first try and version 2 a better one. Version 3 has a bug that is easy to ship: it treats
each of the 17 ink levels of a pixel as a category, with an encoder fitted on a small sample, and by default
the encoder raises an error for a level that its sample lacks. It loads, becomes ready and answers most
images; for the others MLServer answers 500. Only scikit-learn's own classes are in the files.
"""

import gzip
import io
import json
import sys
import tarfile
from pathlib import Path

import joblib
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.svm import SVC

# MLServer takes the model's name from its environment, so that the artifact does not depend on it.
SETTINGS = {
    "implementation": "mlserver_sklearn.SKLearnModel",
    "parameters": {"uri": "./model.joblib"},
}
SAMPLE = 200


def main(output: Path) -> None:
    output.mkdir(parents=True, exist_ok=True)
    images, labels = load_digits(return_X_y=True)
    seen, unseen, seen_labels, unseen_labels = train_test_split(
        images, labels, test_size=0.4, random_state=0, stratify=labels
    )

    versions = {
        "1": GaussianNB().fit(seen, seen_labels),
        "2": SVC(gamma=0.001).fit(seen, seen_labels),
        "3": make_pipeline(OneHotEncoder(), LogisticRegression()).fit(
            seen[:SAMPLE], seen_labels[:SAMPLE]
        ),
    }
    for version, model in versions.items():
        write_archive(output / f"digits-{version}.tar.gz", model)

    requests = {"images": unseen.tolist(), "labels": unseen_labels.tolist()}
    (output / "requests.json").write_text(json.dumps(requests))


def write_archive(path: Path, model: object) -> None:
    """Write the same bytes for the same model: no times, no owners, files in a fixed order."""
    pickled = io.BytesIO()
    joblib.dump(model, pickled)
    files = {
        "model-settings.json": json.dumps(SETTINGS, indent=2).encode() + b"\n",
        "model.joblib": pickled.getvalue(),
    }
    with open(path, "wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as compressed:
        with tarfile.open(fileobj=compressed, mode="w") as archive:
            for name, content in files.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
