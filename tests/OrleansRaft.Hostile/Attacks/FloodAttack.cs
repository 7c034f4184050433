using System.Net.Http.Json;
using System.Text.Json;

namespace OrleansRaft.Hostile.Attacks;

/// <summary>
/// Names, keys and streams without end: of tenants and counters that do not exist, of keys that nobody made and of keys that an admin makes, of
/// idempotency keys, of streams that nobody needs.
/// </summary>
internal static class FloodAttack
{
    private const int AtOnce = 16;
    private const int NamesCount = 200;
    private const int StreamsCount = 150;
    private const int StreamsMax = 100;
    private const int CountersMax = 50;

    public static async Task RunAsync(Target target, Random random, CancellationToken cancellation)
    {
        using var client = target.NewClient(target.AdminKey);
        using var stranger = target.NewClient(null);
        await EachAsync(random, async (name, stop) =>
        {
            await AskAsync(target, client, HttpMethod.Get, $"/api/v1/tenants/t-{name}/counters/c", stop);
            await AskAsync(target, client, HttpMethod.Get, $"/api/v1/tenants/t-{name}/note", stop);
            await AskAsync(target, client, HttpMethod.Get, $"/api/v1/groups/g-{name}", stop);
        }, cancellation);
        await EachAsync(random, async (name, stop) =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/groups");
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer oraft_{name:x10}_{new string('0', 64)}");
            if (await target.AskAsync(stranger, request, stop) is not (401, _) and var answer)
            {
                target.Report($"a key that nobody made was answered {answer}");
            }
        }, cancellation);
        await EachAsync(random, async (name, stop) =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/tenants/flood/counters/c/increment")
            {
                Content = JsonContent.Create(new { by = 1 }),
            };
            request.Headers.Add("Idempotency-Key", $"{name}");
            if (await target.AskAsync(client, request, stop) is not (200 or 429 or 503 or 504, _) and var answer)
            {
                target.Report($"an increment with a key of its own was answered {answer}");
            }
        }, cancellation);
        await MakeKeysAsync(target, client, cancellation);
        await StreamsAsync(target, client, cancellation);
        await LimitAsync(target, client, cancellation);
    }

    /// <summary>More keys than one needs can be made, and revoked.</summary>
    private static async Task MakeKeysAsync(Target target, HttpClient client, CancellationToken cancellation)
    {
        for (var number = 0; number < 10; number++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/keys")
            {
                Content = JsonContent.Create(new { name = $"flood-{number}", role = "reader" }),
            };
            if (await target.AskAsync(client, request, cancellation) is not (200 or 201, var text))
            {
                target.Report($"the flood's key {number} was not made");
                continue;
            }

            using var made = JsonDocument.Parse(text);
            var id = made.RootElement.GetProperty("key").GetString();
            await AskAsync(target, client, HttpMethod.Delete, $"/api/v1/keys/{id}", cancellation);
        }
    }

    /// <summary>More streams than there may be are refused, and their places are free again afterwards.</summary>
    private static async Task StreamsAsync(Target target, HttpClient client, CancellationToken cancellation)
    {
        var (events, streams) = (new Uri("/api/v1/events", UriKind.Relative), new List<HttpResponseMessage>());
        try
        {
            for (var number = 0; number < StreamsCount; number++)
            {
                streams.Add(await client.GetAsync(events, HttpCompletionOption.ResponseHeadersRead, cancellation));
            }

            var statuses = streams.GroupBy(static stream => (int)stream.StatusCode).ToDictionary(static of => of.Key, static of => of.Count());
            if (statuses.Keys.Any(static status => status is not (200 or 429 or 503)) || statuses.GetValueOrDefault(200) > StreamsMax)
            {
                var told = string.Join(", ", statuses.Select(static of => $"{of.Value} times {of.Key}"));
                target.Report($"{StreamsCount} streams were answered {told}");
            }
        }
        finally
        {
            streams.ForEach(static stream => stream.Dispose());
        }
    }

    /// <summary>A tenant that writes counter after counter is stopped where an operator says so, and deleted.</summary>
    private static async Task LimitAsync(Target target, HttpClient client, CancellationToken cancellation)
    {
        using var limit = new HttpRequestMessage(HttpMethod.Put, "/api/v1/tenants/greedy/limits")
        {
            Content = JsonContent.Create(new { counters = CountersMax }),
        };
        await target.AskAsync(client, limit, cancellation);
        var made = 0;
        for (var number = 0; number < CountersMax * 3 / 2; number++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Put, $"/api/v1/tenants/greedy/counters/c{number}")
            {
                Content = JsonContent.Create(new { value = 1 }),
            };
            made += await target.AskAsync(client, request, cancellation) is (200, _) ? 1 : 0;
        }

        using var deletion = new HttpRequestMessage(HttpMethod.Delete, "/api/v1/tenants/greedy");
        if (await target.AskAsync(client, deletion, cancellation) is not (200, _) || made > CountersMax)
        {
            target.Report($"a tenant that may have {CountersMax} counters made {made}, or was not deleted");
        }
    }

    private static Task EachAsync(Random random, Func<int, CancellationToken, Task> ask, CancellationToken cancellation)
    {
        var from = random.Next(1_000_000_000);
        return Parallel.ForAsync(
            from,
            from + NamesCount,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation },
            async (name, stop) => await ask(name, stop));
    }

    private static async Task AskAsync(Target target, HttpClient client, HttpMethod method, string path, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, path);
        await target.AskAsync(client, request, cancellation);
    }
}
