#include "tools/cluster_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/status_matchers.h"

namespace unclip {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class ClusterOptionsTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/cluster_XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    for (const char* program : {"clip", "prior", "decoder", "gateway"}) {
      std::ofstream(root_ + "/" + program) << "#!/bin/sh\n";
      fs::permissions(root_ + "/" + program, fs::perms::owner_all);
    }
    for (const char* part : {"text-to-image", "image-variation"}) fs::create_directories(root_ + "/models/shapes32/" + part);
  }
  void TearDown() override { fs::remove_all(root_); }

  Installation InstallationHere() const {
    return Installation({.executable = root_ + "/unclip", .invoked_path = "", .bin_dir = "", .home = ""});
  }
  static std::vector<std::string> Names(const ClusterSpec& spec) {
    std::vector<std::string> names;
    names.reserve(spec.services.size());
    for (const ProcessSpec& service : spec.services) names.push_back(service.name);
    return names;
  }

  std::string root_;
};

TEST_F(ClusterOptionsTest, RunsOneOfEachOnTheDefaultModel) {
  ASSERT_OK_AND_ASSIGN(const ClusterSpec spec, MakeClusterSpec({}, InstallationHere()));
  EXPECT_THAT(Names(spec), testing::ElementsAre("clip", "prior", "decoder"));
  for (const ProcessSpec& service : spec.services) {
    EXPECT_EQ(service.argv[0], root_ + "/" + service.name);
    EXPECT_THAT(service.argv, Contains("--checkpoint=" + root_ + "/models/shapes32/text-to-image"));
    EXPECT_THAT(service.argv, Contains("--exit_with_parent"));
    EXPECT_THAT(service.argv, Contains(StartsWith("--threads=")));
    EXPECT_THAT(service.argv, Not(Contains(StartsWith("--dtype="))));
    EXPECT_EQ(service.listen.grpc, "127.0.0.1:0");
  }
  EXPECT_THAT(spec.services[0].argv, Contains("--variation_checkpoint=" + root_ + "/models/shapes32/image-variation"));
  EXPECT_THAT(spec.services[1].argv, Not(Contains(StartsWith("--variation_checkpoint="))));
}

TEST_F(ClusterOptionsTest, TellsThePriorWhichOneItIs) {
  ClusterOptions options;
  options.prior = "autoregressive";
  ASSERT_OK_AND_ASSIGN(const ClusterSpec spec, MakeClusterSpec(options, InstallationHere()));
  EXPECT_THAT(spec.services[1].argv, Contains("--prior=autoregressive"));
  EXPECT_THAT(spec.services[2].argv, Not(Contains(StartsWith("--prior="))));
}

TEST_F(ClusterOptionsTest, AGivenCheckpointComesWithoutTheDefaultVariation) {
  ClusterOptions options;
  options.checkpoint = root_;
  ASSERT_OK_AND_ASSIGN(const ClusterSpec spec, MakeClusterSpec(options, InstallationHere()));
  EXPECT_THAT(spec.services[0].argv, Contains("--checkpoint=" + root_));
  EXPECT_THAT(spec.services[0].argv, Not(Contains(StartsWith("--variation_checkpoint="))));
}

TEST_F(ClusterOptionsTest, GivesReplicasThreadsAndTypes) {
  ClusterOptions options;
  options.prior_replicas = 2;
  options.decoder_replicas = 3;
  options.threads = 4;
  options.decoder_threads = 2;
  options.device = "cuda:1";
  options.dtype = "bfloat16";
  ASSERT_OK_AND_ASSIGN(const ClusterSpec spec, MakeClusterSpec(options, InstallationHere()));
  EXPECT_THAT(Names(spec), testing::ElementsAre("clip", "prior-0", "prior-1", "decoder-0", "decoder-1", "decoder-2"));
  EXPECT_THAT(spec.services[2].argv, AllOf(Contains("--threads=4"), Contains("--device=cuda:1"), Contains("--dtype=bfloat16")));
  EXPECT_THAT(spec.services[5].argv, Contains("--threads=2"));
}

TEST_F(ClusterOptionsTest, DividesTheMemoryThatIsLeft) {
  ClusterOptions options;
  options.decoder_replicas = 2;
  ASSERT_OK_AND_ASSIGN(const ClusterSpec spec, MakeClusterSpec(options, InstallationHere()));
  EXPECT_THAT(spec.services[0].argv, Not(Contains(StartsWith("--memory_share="))));
  EXPECT_THAT(spec.services[1].argv, Contains("--memory_share=0.1"));
  EXPECT_THAT(spec.services[2].argv, Contains("--memory_share=0.35"));
}

TEST_F(ClusterOptionsTest, AllFourSendTheirSpansToTheSameCollector) {
  ClusterOptions options;
  ASSERT_OK_AND_ASSIGN(const ClusterSpec without, MakeClusterSpec(options, InstallationHere()));
  EXPECT_THAT(without.services[0].argv, Not(Contains(StartsWith("--otlp_endpoint="))));
  options.otlp_endpoint = "http://127.0.0.1:4318";
  options.trace_sample_ratio = 0.25;
  ASSERT_OK_AND_ASSIGN(const ClusterSpec spec, MakeClusterSpec(options, InstallationHere()));
  const ProcessSpec gateway = spec.gateway(std::vector<ProcessAddress>(3));
  for (const ProcessSpec* process : {&spec.services[0], &spec.services[1], &spec.services[2], &gateway}) {
    EXPECT_THAT(process->argv, AllOf(Contains("--otlp_endpoint=http://127.0.0.1:4318"), Contains("--trace_sample_ratio=0.25")));
  }
}

TEST_F(ClusterOptionsTest, GivesMoreFlagsAfterItsOwn) {
  ClusterOptions options;
  options.prior_args = "--batching=request";
  options.decoder_args = "--batching=request  --memory_limit_mib=100";
  ASSERT_OK_AND_ASSIGN(const ClusterSpec spec, MakeClusterSpec(options, InstallationHere()));
  EXPECT_THAT(spec.services[0].argv, Not(Contains("--batching=request")));
  EXPECT_EQ(spec.services[1].argv.back(), "--batching=request");
  EXPECT_EQ(spec.services[2].argv.back(), "--memory_limit_mib=100");
  EXPECT_EQ(*(spec.services[2].argv.end() - 2), "--batching=request");
}

TEST_F(ClusterOptionsTest, TheGatewayKnowsEveryReplica) {
  ClusterOptions options;
  options.prior_replicas = 2;
  options.listen = "0.0.0.0:50050";
  options.metrics_listen = "127.0.0.1:9090";
  options.http_listen = "127.0.0.1:80";
  ASSERT_OK_AND_ASSIGN(const ClusterSpec spec, MakeClusterSpec(options, InstallationHere()));
  const std::vector<ProcessAddress> services = {{"h:1", "h:11"}, {"h:2", "h:12"}, {"h:3", "h:13"}, {"h:4", "h:14"}};
  const ProcessSpec gateway = spec.gateway(services);
  EXPECT_EQ(gateway.argv[0], root_ + "/gateway");
  EXPECT_THAT(gateway.argv,
              AllOf(Contains("--clip_target=h:1"), Contains("--prior_target=h:2,h:3"), Contains("--decoder_target=h:4")));
  EXPECT_EQ(gateway.listen.grpc, "0.0.0.0:50050");
  EXPECT_EQ(gateway.listen.metrics, "127.0.0.1:9090");
  EXPECT_EQ(gateway.listen.http, "127.0.0.1:80");
  EXPECT_EQ(ReadyLine(options, {services, {"g:5", "g:15", "g:25"}}),
            "ready grpc=g:5 http=g:25 metrics=g:15 clip=h:1 prior=h:2,h:3 decoder=h:4 clip_metrics=h:11 prior_metrics=h:12,h:13 "
            "decoder_metrics=h:14");
  EXPECT_EQ(nlohmann::json::parse(MetricsTargets(options, {services, {"g:5", "g:15", "g:25"}})),
            nlohmann::json::parse(R"([{"labels": {"service": "gateway"}, "targets": ["g:15"]},
                                      {"labels": {"service": "clip"}, "targets": ["h:11"]},
                                      {"labels": {"service": "prior"}, "targets": ["h:12", "h:13"]},
                                      {"labels": {"service": "decoder"}, "targets": ["h:14"]}])"));
}

TEST_F(ClusterOptionsTest, TheGatewayKnowsTheCheckpointsExamples) {
  const ClusterOptions options;
  ASSERT_OK_AND_ASSIGN(const ClusterSpec without, MakeClusterSpec(options, InstallationHere()));
  const std::vector<ProcessAddress> services(3);
  EXPECT_THAT(without.gateway(services).argv, Each(Not(HasSubstr("--examples_file"))));
  ASSERT_OK_AND_ASSIGN(const std::string checkpoint, InstallationHere().DefaultCheckpoint("text-to-image"));
  std::ofstream(checkpoint + "/examples.txt") << "a cat\n";
  ASSERT_OK_AND_ASSIGN(const ClusterSpec with, MakeClusterSpec(options, InstallationHere()));
  EXPECT_THAT(with.gateway(services).argv, Contains("--examples_file=" + checkpoint + "/examples.txt"));
}

TEST_F(ClusterOptionsTest, NamesWhatIsMissing) {
  ClusterOptions options;
  options.checkpoint = root_ + "/no";
  EXPECT_THAT(MakeClusterSpec(options, InstallationHere()),
              StatusIs(absl::StatusCode::kNotFound, AllOf(HasSubstr("--checkpoint"), HasSubstr(root_ + "/no"))));
  options = {};
  options.variation_checkpoint = root_ + "/clip";
  EXPECT_THAT(MakeClusterSpec(options, InstallationHere()),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("--variation-checkpoint")));
  options = {};
  options.listen = "here";
  EXPECT_THAT(MakeClusterSpec(options, InstallationHere()), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--listen")));
  fs::remove(root_ + "/decoder");
  EXPECT_THAT(MakeClusterSpec({}, InstallationHere()), StatusIs(absl::StatusCode::kNotFound, HasSubstr("\"decoder\"")));
}

}  // namespace
}  // namespace unclip
