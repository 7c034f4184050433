using System.CommandLine;

namespace OrleansRaft.Benchmarks;

/// <summary>What can be measured: one command per line, each in a folder of its own.</summary>
internal static class Verbs
{
    public static IEnumerable<Command> All() =>
    [
        Macro.MacroCommand.Create(),
        Builds.BuildsCommand.Create(),
        Growth.GrowthCommand.Create(),
        Core.CoreCommand.Create(),
        Http.HttpBenchmark.Create(),
        Micro.MicroCommand.Create(),
        Page.PageCommand.Create(),
        Plain.PlainSilo.Create(),
        Plain.PlainKestrel.Create(),
        Idle.IdleCommand.Create(),
        Failover.FailoverCommand.Create(),
        Slow.SlowBenchmark.Create(),
        Users.UsersBenchmark.Create(),
        Replicated.GrainsBenchmark.Create(),
        Replicated.CallsBenchmark.Create(),
        States.StateBenchmark.Create(),
        Large.LargeBenchmark.Create(),
        Alarm.AlarmBenchmark.Create(),
        Backups.BackupBenchmark.Create(),
        Trust.TrustBenchmark.Create(),
        Silos.LibrarySilo.Create(),
    ];
}
