using System.Globalization;
using OrleansRaft.PostgreSql;
using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Benchmarks.Plain;

/// <summary>Three processes of plain Orleans on PostgreSQL, hosting <see cref="PlainCounterGrain"/>.</summary>
internal sealed class PlainSilos : IAsyncDisposable
{
    private readonly List<OraftProcess> processes = [];

    private PlainSilos(string clusterId) => ClusterId = clusterId;

    public string ClusterId { get; }

    public IReadOnlyList<OraftProcess> Processes => processes;

    /// <summary>Starts the processes; they have joined when a client can connect.</summary>
    /// <param name="postgres">An empty database.</param>
    /// <param name="count">How many silos.</param>
    /// <param name="settings">Settings of every silo, such as <c>Orleans:Membership:ProbeTimeout=00:00:01</c>.</param>
    public static async Task<PlainSilos> StartAsync(string postgres, int count = 3, params IEnumerable<string> settings)
    {
        await PostgreSqlSchema.MigrateAsync(postgres);
        var silos = new PlainSilos($"p{Guid.NewGuid():N}"[..12]);
        for (var number = 0; number < count; number++)
        {
            silos.processes.Add(OraftProcess.StartProgram(
                typeof(PlainSilos).Assembly.Location,
                [
                    PlainSilo.Verb,
                    "--postgres", postgres,
                    "--cluster-id", silos.ClusterId,
                    "--silo-port", FreePorts.Next().ToString(CultureInfo.InvariantCulture),
                    "--gateway-port", FreePorts.Next().ToString(CultureInfo.InvariantCulture),
                    .. settings.SelectMany(static setting => new[] { "--set", setting }),
                ]));
        }

        return silos;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in processes)
        {
            await process.DisposeAsync();
        }
    }
}
