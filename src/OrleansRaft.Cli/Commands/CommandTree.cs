using System.CommandLine;
using OrleansRaft.Cli.Backup;
using OrleansRaft.Cli.Bench;
using OrleansRaft.Cli.CommandLine;
using OrleansRaft.Cli.Demo;
using OrleansRaft.Cli.Maelstrom;
using OrleansRaft.Cli.Offline;
using OrleansRaft.Cli.Serve;
using OrleansRaft.Cli.Tls;

namespace OrleansRaft.Cli.Commands;

/// <summary>All commands of <c>oraft</c>.</summary>
internal static class CommandTree
{
    private const string About = """
        oraft runs silos of OrleansRaft and talks to them.

        Exit codes: 0 ok, 1 refused, 2 usage, 3 unreachable, 4 no leader, 5 conflict, 6 outcome unknown,
        7 (serve) evicted from the cluster, 130 interrupted.
        """;

    /// <summary>
    /// The tree, which a process makes once: options that commands share remember every command that they were ever added to, and look through all of
    /// them.
    /// </summary>
    public static RootCommand Root { get; } = Create();

    private static RootCommand Create()
    {
        var root = CreateCommands();
        HelpWithExamples.AddTo(root);
        return root;
    }

    private static RootCommand CreateCommands() => new(About)
    {
        DemoCommand.Create(),
        ServeCommand.Create(),
        MigrateCommand.Create(),
        PostgresCommands.Create(),
        TlsCommands.Create(),
        StatusCommand.Create(),
        ClusterCommands.Create(),
        GroupCommands.Create(),
        MemberCommands.Create(),
        SiloCommands.Create(),
        SetCommands.Create(),
        CounterCommands.Create(),
        KeyCommands.Create(),
        KeyCommands.CreateAudit(),
        TenantCommands.Create(),
        BackupCommands.Create(),
        InspectCommand.Create(),
        BenchCommand.Create(),
        MaelstromCommand.Create(),
        FaultCommands.Create(),
        WatchCommand.Create(),
        LabCommands.Create(),
        CompletionCommand.Create(),
    };
}
