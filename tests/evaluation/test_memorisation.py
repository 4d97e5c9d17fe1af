import types

import jax
import numpy as np
import pytest

from musiclm_jax.evaluation import least_costs, memorisation
from musiclm_jax.evaluation.memorisation import CONTINUATION, Continuations

CODES = 256


@pytest.fixture(scope="module")
def distances():
    rng = np.random.default_rng(1)
    return memorisation.centroid_distances(rng.normal(size=(CODES, 16)))


def pieces(rng, num):
    """Music of few tokens each, as the paper finds it, of which some come often."""
    shares = rng.dirichlet(np.full(CODES, 0.02), num)
    return np.stack([rng.choice(CODES, CONTINUATION, p=share) for share in shares])


def changed(rng, codes, share):
    """Codes [piece, time], of each piece so large a share at random."""
    places = rng.permuted(np.tile(np.arange(CONTINUATION), (len(codes), 1)), axis=1)
    chosen = places[:, : round(share * CONTINUATION)]
    new = codes.copy()
    np.put_along_axis(new, chosen, rng.integers(0, CODES, chosen.shape), axis=1)
    return new


def found(made, true, distances, given=0):
    return Continuations(given=given, made=made, true=true, distances=distances)


def test_distances_are_those_of_the_centroids(rng):
    centroids = rng.normal(size=(7, 5)).astype(np.float32)
    distances = memorisation.centroid_distances(centroids)
    by_hand = [[np.linalg.norm(a - b) for b in centroids] for a in centroids]
    np.testing.assert_allclose(distances, by_hand, atol=1e-5)
    assert (np.diag(distances) == 0).all()


def test_planted_copies_are_found_and_nothing_else(rng, distances):
    """Copies, and those with a tenth of their tokens changed, among 9,900 pairs."""
    true = pieces(rng, 100)
    made = pieces(rng, 100)
    made[:10], made[10:20] = true[:10], changed(rng, true[10:20], 0.1)
    both = found(made, true, distances)
    threshold = memorisation.threshold_of([both])
    assert both.is_exact.tolist() == [True] * 10 + [False] * 90
    assert both.is_near(threshold).tolist() == [True] * 20 + [False] * 80
    # Of those from whom the threshold was not taken, none is as near as the copies.
    fresh = [memorisation.histograms(pieces(rng, 100), CODES) for _ in range(2)]
    everything = np.ones((100, 100), bool)
    (nearest,) = least_costs.smallest(*fresh, distances, is_asked=everything, count=1)
    assert nearest > 2 * both.costs()[:20].max()


@pytest.mark.parametrize(("share", "below"), [(1e-4, 0), (0.02, 2), (0.5, 65)])
def test_fewer_than_the_share_of_permuted_pairs_lie_below(rng, distances, share, below):
    """Of 132 pairs; those of equal clips are none of them."""
    true = pieces(rng, 12)
    points = [found(changed(rng, true, 0.3), true, distances, given=0)]
    threshold = memorisation.threshold_of(points, share)
    rows, columns = np.nonzero(~np.eye(12, dtype=bool))
    other = found(points[0].made[rows], true[columns], distances)
    assert (other.costs() < threshold - 1e-9).sum() == below < share * 132 + (not below)


def test_entropies_are_those_of_coins():
    codes = np.array([[5, 5, 5, 5], [0, 1, 2, 3], [0, 0, 1, 1]])
    np.testing.assert_allclose(memorisation.entropies(codes), [0, 2, 1], atol=1e-12)


class Networks:
    """Goes on as a clip that it learnt by heart does, or with one token alone."""

    def __init__(self, learnt):
        self.learnt = learnt
        stage = types.SimpleNamespace(crop_seconds=8.0)
        config = types.SimpleNamespace(stage=stage)
        self.semantic = types.SimpleNamespace(config=config)
        self.asked = []

    def write_semantic(self, score, *, config, progress):
        assert config.semantic.temperature == 0 and config.semantic.guidance == 1
        codes = np.asarray(score.spans.at(0.0)["mulan"])[:, 0, 0]
        given = np.asarray(score.semantic)
        self.asked.append((given.shape[1], score.seconds))
        end = round(score.seconds * 25)
        whole = self.learnt[codes][:, :end, None]
        np.testing.assert_array_equal(given, whole[:, : given.shape[1]])
        made = np.where(codes[:, None, None] < 3, whole, (whole[:, :1] + 1) % CODES)
        yield jax.numpy.asarray(given)
        yield jax.numpy.asarray(made[:, given.shape[1] :])


class Clips:
    """Clips whose MuLan code is their number."""

    def __init__(self, codes, seconds=None):
        self.records = [types.SimpleNamespace(semantic=each) for each in codes]
        self.seconds = codes.shape[1] / 25

    def __len__(self):
        return len(self.records)

    def codes(self, seconds):
        assert seconds == min(8.0, self.seconds)
        return {"mulan": np.arange(len(self))[:, None, None]}


def model_of(codes):
    codebooks = np.random.default_rng(1).normal(size=(1, CODES, 16))
    semantic = types.SimpleNamespace(frame_rate=25.0, params={"codebooks": codebooks})
    return types.SimpleNamespace(
        networks=Networks(codes), tokenizers=types.SimpleNamespace(semantic=semantic)
    )


@pytest.fixture
def codes(rng):
    return np.concatenate([pieces(rng, 12), pieces(rng, 12)[:, :75]], axis=1)


def test_what_was_learnt_by_heart_is_counted(codes):
    model = model_of(codes)
    figures = memorisation.figures(model, Clips(codes), prompts=(0, 50), batch=5)
    assert model.networks.asked == [(0, 5.0)] * 3 + [(50, 7.0)] * 3
    by_name = {(each.measure, each.of): each for each in figures}
    for given in (0, 50):
        exact = by_name[f"exact continuations after {given} tokens", "generated"]
        assert exact.value == 0.25
        assert 0.0 < exact.low < 0.25 < exact.high < 1.0
        bits = f"entropy of continuations after {given} tokens, bits"
        assert 0 < by_name[bits, "generated"].value < by_name[bits, "true"].value
    near = [each for each in figures if each.measure.startswith("approximate")]
    assert [each.value for each in near] == [0.25, 0.25]
    assert all(each.better == "low" for each in near)


def test_as_many_tokens_are_given_as_clips_have(codes):
    model = model_of(codes)
    memorisation.figures(model, Clips(codes), batch=12)
    assert [given for given, _ in model.networks.asked] == [0, 25, 50, 75]


@pytest.mark.parametrize(
    ("num", "length", "prompts", "sentence"),
    [
        (1, 200, None, "of 1 clip nothing can be permuted"),
        (3, 200, (0, 76), "76 tokens are to be given .* clip has 200: .* from 0 to 75"),
        (3, 100, None, "the shortest clip has 100: can be given none"),
        (3, 200, (-1,), "-1 tokens are to be given"),
    ],
)
def test_clips_and_prompts_that_cannot_be(codes, num, length, prompts, sentence):
    clips = Clips(codes[:num, :length])
    with pytest.raises(ValueError, match=sentence):
        memorisation.figures(model_of(codes), clips, prompts=prompts)
