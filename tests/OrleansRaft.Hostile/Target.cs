using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Net.Sockets;
using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Hostile;

/// <summary>The silo under attack, and what is wrong with how it took it. Any thread.</summary>
/// <param name="silo">The silo.</param>
/// <param name="adminKey">A key of its admin.</param>
internal sealed class Target(OraftSilo silo, string adminKey)
{
    private const int ProblemsMax = 50;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

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

    /// <summary>A client of the HTTP API.</summary>
    /// <param name="key">Its key; null for none.</param>
    public HttpClient NewClient(string? key)
    {
        var client = new HttpClient { BaseAddress = Http, Timeout = Patience };
        client.DefaultRequestHeaders.Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key);
        return client;
    }

    /// <summary>Sends a request, and judges the answer.</summary>
    /// <returns>The status, and what was said; null where the server hung up, as it may on what it does not want to read to its end.</returns>
    public async Task<(int Status, string Text)?> AskAsync(HttpClient client, HttpRequestMessage request, CancellationToken cancellation)
    {
        var what = $"{request.Method} {Shortened(request.RequestUri!.OriginalString)}";
        try
        {
            using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
            var media = answer.Content.Headers.ContentType?.MediaType;
            var text = media == "text/event-stream" ? "" : await answer.Content.ReadAsStringAsync(cancellation);
            Interlocked.Increment(ref requests);
            var status = (int)answer.StatusCode;
            if (status is >= 500 and not (503 or 504))
            {
                Report($"{what} was answered {status}: {Shortened(text)}");
            }
            else if (status >= 400 && request.Method != HttpMethod.Head && media != "application/problem+json")
            {
                Report($"{what} was refused with {status} and no reason: {Shortened(text)}");
            }

            return (status, text);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException)
        {
            return null;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            Report($"{what} was not answered within {Patience.TotalSeconds} s");
            return null;
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
