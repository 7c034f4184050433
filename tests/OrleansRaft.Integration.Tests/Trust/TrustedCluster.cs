using System.Net.Http.Headers;
using OrleansRaft.Integration.Tests.EndToEnd;
using OrleansRaft.Server.Access;
using OrleansRaft.Testbed;
using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Integration.Tests.Trust;

/// <summary>Three <c>oraft serve</c> processes with TLS on every port, and with keys.</summary>
internal sealed class TrustedCluster : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(3);

    private TrustedCluster(TlsFiles files, string database, string adminKey, IReadOnlyList<OraftSilo> silos)
    {
        Files = files;
        Database = database;
        AdminKey = adminKey;
        Silos = silos;
    }

    public TlsFiles Files { get; }

    public string Database { get; }

    public string ClusterId { get; } = $"t{Guid.NewGuid():N}"[..12];

    public string AdminKey { get; }

    public IReadOnlyList<OraftSilo> Silos { get; private set; }

    public string Transcript => string.Join('\n', Silos.Select(static silo => $"--- {silo.Name}\n{silo.Process.Transcript}"));

    /// <summary>Starts one.</summary>
    public static async Task<TrustedCluster> StartAsync(EndToEndCluster cluster, string database, params IEnumerable<string> more)
    {
        await cluster.StartPostgresAsync();
        var files = await TlsFiles.MakeAsync();
        var key = ApiKeyText.New();
        await SecretText.WriteAsync(files["admin-key"], key + "\n");
        var trusted = new TrustedCluster(files, await cluster.Postgres.CreateDatabaseAsync(database), key, []);
        trusted.Silos = [.. new[] { "silo-1", "silo-2", "silo-3" }.Select(name => new OraftSilo(
            name,
            [
                "--store", "postgres",
                "--clustering", "postgres",
                "--postgres", trusted.Database,
                "--cluster-id", trusted.ClusterId,
                "--groups", "2",
                "--auth", "keys",
                "--admin-key-file", files["admin-key"],
                .. files.OptionsOf(name),
                .. more,
            ]) { Tls = files.NewClient() })];
        foreach (var silo in trusted.Silos)
        {
            silo.Start();
        }

        foreach (var silo in trusted.Silos)
        {
            await silo.WaitUntilReadyAsync();
            await trusted.AnswersAsync(silo, key, System.Net.HttpStatusCode.OK);
        }

        return trusted;
    }

    /// <summary>Asks a silo for the groups.</summary>
    /// <returns>The status; null when it did not answer.</returns>
    public async Task<System.Net.HttpStatusCode?> AskAsync(OraftSilo silo, string? key)
    {
        using var client = Files.NewClient();
        client.DefaultRequestHeaders.Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key);
        try
        {
            using var answer = await client.GetAsync(new Uri(silo.Address, "/api/v1/groups"));
            return answer.StatusCode;
        }
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException)
        {
            return null;
        }
    }

    /// <summary>Waits until a silo answers so.</summary>
    public Task AnswersAsync(OraftSilo silo, string? key, System.Net.HttpStatusCode status) => Until.TrueAsync(
        async () => await AskAsync(silo, key) == status, Deadline, () => $"{silo.Name} does not answer {status}:\n{Transcript}");

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in Silos)
        {
            await silo.DisposeAsync();
            silo.Tls!.Dispose();
        }

        Files.Dispose();
    }
}
