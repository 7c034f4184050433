using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace OrleansRaft.Hostile.Attacks;

/// <summary>
/// Every route of the API's own description, and those beside it, with methods, bodies, encodings and sizes that it does not know; without a key and
/// with an admin's.
/// </summary>
internal static partial class RouteAttack
{
    private static readonly string[] Methods = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "BREW"];

    private static readonly string[] Beside =
        ["/", "/page/app.js", "/page/{group}", "/lab", "/scalar/", "/openapi/v1.json", "/metrics", "/dashboard/{group}"];

    // Left alone: what would end the attack by doing as it is told.
    private static readonly string[] Obeyed = ["/decommission", "/keys/"];

    public static async Task RunAsync(Target target, Random random, CancellationToken cancellation)
    {
        using var admin = target.NewClient(target.AdminKey);
        using var stranger = target.NewClient(null);
        using var description = JsonDocument.Parse(await admin.GetStringAsync(new Uri("/openapi/v1.json", UriKind.Relative), cancellation));
        var paths = description.RootElement.GetProperty("paths").EnumerateObject().Select(static path => path.Name).Concat(Beside)
            .Where(path => !Obeyed.Any(path.Contains)).ToList();
        await Parallel.ForEachAsync(
            paths.SelectMany(path => Methods.Select(method => (path, method, random.Next()))).ToList(),
            new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancellation },
            async (one, stop) =>
            {
                var (path, method, seed) = one;
                var own = new Random(seed);
                using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(PathOf(path, own), UriKind.Relative));
                request.Content = method is "TRACE" or "HEAD" ? null : BodyOf(own);
                await target.AskAsync(own.Next(2) == 0 ? admin : stranger, request, stop);
            });
    }

    /// <summary>Names where the description has parameters: good ones, and some that are none.</summary>
    private static string PathOf(string path, Random random) => Parameter().Replace(path, match => random.Next(8) switch
    {
        0 => "%01",
        1 => "..%2f..%2fetc",
        2 => new string('a', 300),
        3 => "%ff%fe",
        4 => "-1",
        _ => match.Value switch
        {
            "{group}" => "counters-0",
            "{tenant}" => "hostile",
            _ => "x",
        },
    }) + random.Next(6) switch
    {
        0 => "?limit=99999999999999999999&after=%00",
        1 => "?consistency=%F0%9F%92%A9&limit=-1",
        2 => "?" + new string('q', 4_000),
        _ => "",
    };

    private static ByteArrayContent? BodyOf(Random random)
    {
        byte[]? bytes = random.Next(14) switch
        {
            0 => null,
            1 => [],
            2 => "{"u8.ToArray(),
            3 => Encoding.UTF8.GetBytes(new string('[', 20_000)),
            4 => Encoding.UTF8.GetBytes("{\"by\":" + new string('9', 5_000) + "}"),
            5 => "{\"by\":1,\"by\":2}"u8.ToArray(),
            6 => [0xEF, 0xBB, 0xBF, .. "{\"by\":1}"u8],
            7 => Encoding.Unicode.GetBytes("{\"by\":1}"),
            8 => [.. "{\"text\":\""u8, 0xC3, 0x28, 0xED, 0xA0, 0x80, .. "\"}"u8],
            9 => new byte[70_000],
            10 => Encoding.UTF8.GetBytes($"{{\"name\":\"{new string('n', 60_000)}\",\"role\":\"reader\"}}"),
            11 => "{\"value\":1e400,\"replica\":null,\"kind\":{}}"u8.ToArray(),
            12 => "\"just a text\""u8.ToArray(),
            _ => Noise(random, random.Next(1_000)),
        };
        if (bytes is null)
        {
            return null;
        }

        var content = new ByteArrayContent(bytes);
        content.Headers.TryAddWithoutValidation("Content-Type", random.Next(5) switch
        {
            0 => "text/plain",
            1 => "application/json; charset=utf-16",
            2 => "a/b;;;=",
            _ => "application/json",
        });
        if (random.Next(8) == 0)
        {
            content.Headers.TryAddWithoutValidation("Content-Encoding", "gzip");
        }

        return content;
    }

    private static byte[] Noise(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }

    [GeneratedRegex(@"\{\w+\}")]
    private static partial Regex Parameter();
}
