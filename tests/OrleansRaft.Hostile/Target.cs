using System.Collections.Concurrent;
using System.Net.Sockets;
using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Hostile;

/// <summary>The silo under attack, and what is wrong with how it took it. Any thread.</summary>
/// <param name="silo">The silo.</param>
/// <param name="adminKey">A key of its admin.</param>
public sealed class Target(OraftSilo silo, string adminKey)
{
    private const int ProblemsMax = 50;

    private readonly ConcurrentQueue<string> problems = new();
    private long requests;
    private long connections;

    /// <summary>The silo's HTTP API.</summary>
    public Uri Http => silo.Address;

    /// <summary>The port for other silos.</summary>
    public int SiloPort => silo.SiloPort;

    /// <summary>The port for Orleans clients.</summary>
    public int GatewayPort => silo.GatewayPort;

    /// <summary>A key of the silo's admin.</summary>
    public string AdminKey => adminKey;

    /// <summary>What must not have happened.</summary>
    public IReadOnlyList<string> Problems => [.. problems];

    /// <summary>How many requests were answered.</summary>
    public long Requests => Interlocked.Read(ref requests);

    /// <summary>How many connections were opened beside them.</summary>
    public long Connections => Interlocked.Read(ref connections);

    /// <summary>Something is wrong.</summary>
    public void Report(string problem)
    {
        if (problems.Count < ProblemsMax)
        {
            problems.Enqueue(problem);
        }
    }

    /// <summary>A request was answered: an error of the server's own is never right, whatever was sent.</summary>
    public void Judge(int status, string what, string body)
    {
        Interlocked.Increment(ref requests);
        if (status is 500 or > 504 and not 505 and not 507)
        {
            Report($"{what} was answered {status}: {Shortened(body)}");
        }
    }

    /// <summary>A connection of one's own.</summary>
    public async Task<TcpClient> ConnectAsync(int port, CancellationToken cancellation)
    {
        Interlocked.Increment(ref connections);
        var client = new TcpClient { NoDelay = true };
        try
        {
            await client.ConnectAsync(Http.Host, port, cancellation);
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    private static string Shortened(string text) => text.Length <= 300 ? text : text[..300] + " ...";
}
