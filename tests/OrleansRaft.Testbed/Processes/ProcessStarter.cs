using System.Collections.Concurrent;
using System.Diagnostics;

namespace OrleansRaft.Testbed.Processes;

/// <summary>Starts processes that the system kills when this one ends, however it ends.</summary>
/// <remarks>
/// Linux binds a child to the thread that started it, and threads of the pool come and go. So one thread starts them all, and lives as long as this
/// process does. Elsewhere, and without util-linux, children are ended only by a process that ends in order.
/// </remarks>
internal static class ProcessStarter
{
    private static readonly BlockingCollection<(Process Process, TaskCompletionSource Started)> Waiting = [];

    static ProcessStarter() => new Thread(StartAll) { IsBackground = true, Name = "starts processes" }.Start();

    /// <summary>A command that becomes the one that follows it, and dies with this process.</summary>
    public static IReadOnlyList<string> DiesWithUs { get; } =
        OperatingSystem.IsLinux() && File.Exists("/usr/bin/setpriv") ? ["/usr/bin/setpriv", "--pdeathsig", "KILL"] : [];

    /// <summary>Starts a process.</summary>
    public static void Start(Process process)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Waiting.Add((process, started));
        started.Task.GetAwaiter().GetResult();
    }

    private static void StartAll()
    {
        foreach (var (process, started) in Waiting.GetConsumingEnumerable())
        {
            try
            {
                process.Start();
                started.SetResult();
            }
            catch (Exception failure)
            {
                started.SetException(failure);
            }
        }
    }
}
