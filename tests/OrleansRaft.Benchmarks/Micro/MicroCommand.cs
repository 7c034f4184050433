using System.CommandLine;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace OrleansRaft.Benchmarks.Micro;

/// <summary><c>micro</c>: what single steps cost, by BenchmarkDotNet.</summary>
internal static class MicroCommand
{
    private static readonly Type[] All = [typeof(StepBenchmarks), typeof(CodecBenchmarks), typeof(SessionBenchmarks), typeof(StoreBenchmarks)];

    public static Command Create()
    {
        var filter = new Option<string[]>("--filter")
        {
            Description = "Only benchmarks whose full name matches, such as '*Codec*'.",
            DefaultValueFactory = _ => ["*"],
            AllowMultipleArgumentsPerToken = true,
        };
        var command = new Command("micro", "Measures single steps: Core, codecs, sessions and state machine, stores. Several minutes.") { filter };
        command.SetAction(parsed =>
        {
            // In this process, so that neither a compiler nor the sources are needed.
            var config = DefaultConfig.Instance.AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance));
            var summaries = BenchmarkSwitcher.FromTypes(All).Run(["--filter", .. parsed.GetValue(filter) ?? ["*"]], config);
            return summaries.All(static summary => !summary.HasCriticalValidationErrors) ? 0 : 1;
        });
        return command;
    }
}
