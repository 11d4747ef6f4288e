"""The same request and seed give the same bytes, whatever else happens."""

import concurrent.futures

from running_cluster import Cluster


def test_again(cluster):
  assert cluster.picture() == cluster.picture()


def test_another_seed_or_prompt_is_another_picture(cluster):
  pictures = [cluster.picture(), cluster.picture(seed=8), cluster.picture(prompt="a small blue star on a black background")]
  assert len(set(pictures)) == 3


def test_a_seed_that_was_drawn_draws_the_same_again(cluster):
  request = dict(seed=None)
  first = cluster.generate(**request).images[0]
  assert first.image.data == cluster.picture(seed=first.seed)
  assert first.seed != cluster.generate(**request).images[0].seed


def test_each_of_several_pictures_can_be_drawn_alone(cluster):
  images = cluster.generate(image_count=3).images
  assert [image.seed for image in images] == [7, 8, 9]
  assert [image.image.data for image in images] == [cluster.picture(seed=seed) for seed in (7, 8, 9)]


def test_the_largest_seed_wraps(cluster):
  images = cluster.generate(seed=2**64 - 1, image_count=2).images
  assert [image.seed for image in images] == [2**64 - 1, 0]
  assert images[1].image.data == cluster.picture(seed=0)


def test_after_a_restart(cluster):
  with Cluster("--threads=1") as other:
    assert other.picture() == cluster.picture()


def test_with_others_in_flight(cluster):
  alone = cluster.picture()
  with concurrent.futures.ThreadPoolExecutor(8) as pool:
    others = [
        pool.submit(cluster.picture, seed=100 + i, candidate_count=1 + i % 3, decoder_step_count=2 + i % 4, prompt="a blue ring " * (1 + i))
        for i in range(12)
    ]
    same = [pool.submit(cluster.picture) for _ in range(6)]
    assert {future.result() for future in same} == {alone}
    assert len({future.result() for future in others}) == 12


def test_whichever_replica_serves_it(cluster, replicated_cluster):
  alone = cluster.picture()
  with concurrent.futures.ThreadPoolExecutor(4) as pool:
    futures = [pool.submit(replicated_cluster.picture) for _ in range(16)]
    assert {future.result() for future in futures} == {alone}
  for service, method in (("prior", "SamplePrior"), ("decoder", "DecodeImage")):
    for replica in range(2):
      served = replicated_cluster.metrics(service, replica).value(f"unclip_{service}_requests_total", method=method, code="OK")
      assert served > 0, f"{service} {replica} served nothing"
