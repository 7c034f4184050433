using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;

namespace OrleansRaft.Hostile.Attacks;

/// <summary>
/// Names, keys and streams without end: of tenants and counters that do not exist, of keys that nobody made, of streams that nobody needs.
/// </summary>
internal static class FloodAttack
{
    private const int AtOnce = 16;

    public static async Task RunAsync(Target target, Random random, int size, CancellationToken cancellation)
    {
        using var client = new HttpClient { BaseAddress = target.Http, Timeout = TimeSpan.FromSeconds(60) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", target.AdminKey);
        await EachAsync(size, random, cancellation, async (name, stop) =>
        {
            await AskAsync(target, client, $"/api/v1/tenants/t-{name}/counters/c", stop);
            await AskAsync(target, client, $"/api/v1/tenants/t-{name}/note", stop);
        });
        using var stranger = new HttpClient { BaseAddress = target.Http, Timeout = TimeSpan.FromSeconds(60) };
        await EachAsync(size, random, cancellation, async (name, stop) =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/groups");
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer oraft_{name:x10}_{new string('0', 64)}");
            using var answer = await stranger.SendAsync(request, stop);
            target.Judge((int)answer.StatusCode, "GET /api/v1/groups with a key that nobody made", "");
            if (answer.StatusCode != HttpStatusCode.Unauthorized)
            {
                target.Report($"a key that nobody made was answered {(int)answer.StatusCode}");
            }
        });
        await StreamsAsync(target, client, cancellation);
        await LimitAsync(target, client, cancellation);
    }

    /// <summary>More streams than there may be are refused, and their places are free again afterwards.</summary>
    private static async Task StreamsAsync(Target target, HttpClient client, CancellationToken cancellation)
    {
        var streams = new List<HttpResponseMessage>();
        for (var number = 0; number < 150; number++)
        {
            streams.Add(await client.GetAsync(new Uri("/api/v1/events", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, cancellation));
            target.Judge((int)streams[^1].StatusCode, "GET /api/v1/events", "");
        }

        if (streams.Count(static stream => stream.StatusCode == HttpStatusCode.OK) > 100
            || streams.Exists(static stream => stream.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.TooManyRequests)))
        {
            target.Report($"150 streams were answered {string.Join(", ", streams.GroupBy(static stream => stream.StatusCode).Select(static of => $"{of.Count()} x {of.Key}"))}");
        }

        streams.ForEach(static stream => stream.Dispose());
    }

    /// <summary>A tenant that writes counter after counter is stopped where an operator says so.</summary>
    private static async Task LimitAsync(Target target, HttpClient client, CancellationToken cancellation)
    {
        using var limited = await client.PutAsJsonAsync("/api/v1/tenants/greedy/limits", new { counters = 50 }, cancellation);
        target.Judge((int)limited.StatusCode, "PUT limits", "");
        var made = 0;
        for (var number = 0; number < 80; number++)
        {
            using var answer = await client.PutAsJsonAsync($"/api/v1/tenants/greedy/counters/c{number}", new { value = 1 }, cancellation);
            target.Judge((int)answer.StatusCode, "PUT a counter", "");
            made += answer.StatusCode == HttpStatusCode.OK ? 1 : 0;
        }

        using var deleted = await client.DeleteAsync(new Uri("/api/v1/tenants/greedy", UriKind.Relative), cancellation);
        if (made > 50 || !deleted.IsSuccessStatusCode)
        {
            target.Report($"a tenant that may have 50 counters made {made}, and its deletion was answered {(int)deleted.StatusCode}");
        }
    }

    private static Task EachAsync(int size, Random random, CancellationToken cancellation, Func<int, CancellationToken, Task> ask)
    {
        var from = random.Next(1_000_000_000);
        return Parallel.ForAsync(
            from,
            from + size,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation },
            async (name, stop) => await ask(name, stop));
    }

    private static async Task AskAsync(Target target, HttpClient client, string path, CancellationToken cancellation)
    {
        using var answer = await client.GetAsync(new Uri(path, UriKind.Relative), cancellation);
        target.Judge((int)answer.StatusCode, $"GET {path}", answer.StatusCode == HttpStatusCode.InternalServerError ? await answer.Content.ReadAsStringAsync(cancellation) : "");
    }
}
