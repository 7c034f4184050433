using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansRaft.Cli.CommandLine;

namespace OrleansRaft.Cli.Client;

/// <summary>Talks to the HTTP API of one silo, which answers for the whole cluster.</summary>
/// <param name="access">The silo, and as whom to ask it.</param>
/// <param name="timeout">How long one request may take.</param>
internal sealed partial class OraftClient(ServerAccess access, TimeSpan timeout) : IDisposable
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);
    private static readonly JsonSerializerOptions WithoutNulls = new(Json) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    private readonly HttpClient http = NewClient(access, timeout);

    /// <summary>The silo, and as whom it is asked.</summary>
    public ServerAccess Access => access;

    /// <summary>The silo's address.</summary>
    public Uri Server => access.Server;

    /// <summary>Whether the server said that it changed something.</summary>
    public bool HasChanged { get; private set; }

    /// <summary>The version that the server told; null while it has told none.</summary>
    public string? ServerVersion { get; private set; }

    /// <summary>Why the silo is not ready; null when it is.</summary>
    public async Task<string?> FindUnreadinessAsync(CancellationToken cancellation)
    {
        using var response = await SendAsync(() => new HttpRequestMessage(HttpMethod.Get, "health/ready"), cancellation);
        return response.IsSuccessStatusCode ? null : await ProblemAnswers.DetailAsync(response, cancellation);
    }

    /// <summary>What is wrong anywhere in the cluster.</summary>
    public async Task<IReadOnlyList<AlarmAnswer>> ListAlarmsAsync(CancellationToken cancellation) =>
        (await GetAsync<AlarmList>("health/alarms", cancellation)).Value.Alarms ?? throw NotThisApi("200");

    /// <summary>Every group, page after page.</summary>
    public IAsyncEnumerable<Answer<GroupAnswer>> ListGroupsAsync(CancellationToken cancellation) =>
        ListAsync<GroupAnswer>("api/v1/groups", "groups", limit: null, after: null, cancellation);

    /// <summary>One group.</summary>
    public Task<Answer<GroupAnswer>> GetGroupAsync(string group, CancellationToken cancellation) =>
        GetAsync<GroupAnswer>($"api/v1/groups/{PathSegment.Of(group)}", cancellation);

    /// <summary>At which feature level the cluster works.</summary>
    public Task<Answer<LevelsAnswer>> GetLevelsAsync(CancellationToken cancellation) =>
        GetAsync<LevelsAnswer>("api/v1/cluster/versions", cancellation);

    /// <summary>Lets the cluster go over to the feature level that all its silos support.</summary>
    /// <param name="without">Absent silos that will not come back.</param>
    /// <param name="cancellation">Interrupts.</param>
    public async Task<Answer<LevelsAnswer>> FinalizeAsync(IReadOnlyList<string> without, CancellationToken cancellation)
    {
        using var response = await SendAsync(
            () => new HttpRequestMessage(HttpMethod.Post, "api/v1/cluster/finalize") { Content = JsonContent.Create(new { without }) }, cancellation);
        return await ReadAsync<LevelsAnswer>(response, key: null, cancellation);
    }

    /// <summary>Compares the states of a group's replicas.</summary>
    public async Task<Answer<ComparisonAnswer>> CompareGroupAsync(string group, CancellationToken cancellation)
    {
        using var response = await SendAsync(
            () => new HttpRequestMessage(HttpMethod.Post, $"api/v1/groups/{PathSegment.Of(group)}/compare"), cancellation);
        return await ReadAsync<ComparisonAnswer>(response, key: null, cancellation);
    }

    /// <summary>Changes who leads a group or who belongs to it.</summary>
    /// <param name="method">POST, or DELETE to remove a member.</param>
    /// <param name="group">The group.</param>
    /// <param name="part">What of it: <c>leader</c> or <c>members</c>.</param>
    /// <param name="change">The body; fields that are null are left out.</param>
    /// <param name="cancellation">Interrupts.</param>
    /// <returns>The group as it is then.</returns>
    public async Task<Answer<GroupAnswer>> ChangeGroupAsync(
        HttpMethod method, string group, string part, object change, CancellationToken cancellation)
    {
        using var response = await SendAsync(
            () => new HttpRequestMessage(method, $"api/v1/groups/{PathSegment.Of(group)}/{part}")
            {
                Content = JsonContent.Create(change, change.GetType(), options: WithoutNulls),
            },
            cancellation);
        return await ReadAsync<GroupAnswer>(response, key: null, cancellation);
    }

    /// <summary>A counter's value.</summary>
    public Task<Answer<CounterAnswer>> GetCounterAsync(CounterName name, string consistency, CancellationToken cancellation) =>
        GetAsync<CounterAnswer>($"{name.Path}?consistency={Uri.EscapeDataString(consistency)}", cancellation);

    /// <summary>A tenant's counters.</summary>
    /// <param name="tenant">Whose.</param>
    /// <param name="after">The name after which to begin.</param>
    /// <param name="limit">The most to ask for in all; null asks for every page.</param>
    /// <param name="cancellation">Interrupts.</param>
    public IAsyncEnumerable<Answer<CounterAnswer>> ListCountersAsync(
        string tenant, string? after, int? limit, CancellationToken cancellation) =>
        ListAsync<CounterAnswer>($"api/v1/tenants/{PathSegment.Of(tenant)}/counters", "counters", limit, after, cancellation);

    /// <summary>Adds to a counter.</summary>
    public Task<Answer<CounterAnswer>> AddAsync(CounterName name, long by, string key, CancellationToken cancellation) =>
        ChangeAsync(HttpMethod.Post, name.Path + "/increment", new { by }, key, ifMatch: null, cancellation);

    /// <summary>Sets a counter, if its tag is the expected one where one is given.</summary>
    public Task<Answer<CounterAnswer>> SetAsync(
        CounterName name, long value, string? ifMatch, string key, CancellationToken cancellation) =>
        ChangeAsync(HttpMethod.Put, name.Path, new { value }, key, ifMatch, cancellation);

    /// <summary>Deletes a counter.</summary>
    public async Task DeleteAsync(CounterName name, string key, CancellationToken cancellation)
    {
        using var response = await SendAsync(
            () => Change(HttpMethod.Delete, name.Path, body: null, key, ifMatch: null), cancellation);
        await ProblemAnswers.ThrowUnlessSuccessAsync(response, key, cancellation);
    }

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();

    private async IAsyncEnumerable<Answer<T>> ListAsync<T>(
        string path,
        string elements,
        int? limit,
        string? after,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        var left = limit;
        do
        {
            var page = await GetAsync<JsonElement>(path + QueryOf(after, left), cancellation);
            if (page.Value.ValueKind != JsonValueKind.Object || !page.Value.TryGetProperty(elements, out var listed))
            {
                throw NotThisApi("200");
            }

            foreach (var element in listed.EnumerateArray())
            {
                yield return new Answer<T>(element.Deserialize<T>(Json)!, element);
                left--;
            }

            after = page.Value.TryGetProperty("next", out var next) ? next.GetString() : null;
        }
        while (after is not null && left is null or > 0);
    }

    private static string QueryOf(string? after, int? limit)
    {
        var parts = new List<string>(2);
        if (after is not null)
        {
            parts.Add("after=" + Uri.EscapeDataString(after));
        }

        if (limit is { } count)
        {
            parts.Add("limit=" + count.ToString(CultureInfo.InvariantCulture));
        }

        return parts.Count == 0 ? "" : "?" + string.Join('&', parts);
    }

    private async Task<Answer<T>> GetAsync<T>(string path, CancellationToken cancellation)
    {
        using var response = await SendAsync(() => new HttpRequestMessage(HttpMethod.Get, path), cancellation);
        return await ReadAsync<T>(response, key: null, cancellation);
    }

    private async Task<Answer<CounterAnswer>> ChangeAsync(
        HttpMethod method, string path, object body, string key, string? ifMatch, CancellationToken cancellation)
    {
        using var response = await SendAsync(() => Change(method, path, body, key, ifMatch), cancellation);
        return await ReadAsync<CounterAnswer>(response, key, cancellation);
    }

    private static HttpRequestMessage Change(HttpMethod method, string path, object? body, string key, string? ifMatch)
    {
        var request = new HttpRequestMessage(method, path)
        {
            Content = body is null ? null : JsonContent.Create(body, body.GetType(), options: Json),
        };
        request.Headers.Add("Idempotency-Key", key);
        if (ifMatch is not null)
        {
            request.Headers.TryAddWithoutValidation("If-Match", QuotedTag(ifMatch));
        }

        return request;
    }

    /// <summary>An entity tag is quoted on the wire; people type the number.</summary>
    private static string QuotedTag(string tag) =>
        tag == "*" || EntityTagHeaderValue.TryParse(tag, out _) ? tag : $"\"{tag}\"";

    private async Task<HttpResponseMessage> SendAsync(Func<HttpRequestMessage> make, CancellationToken cancellation)
    {
        using var request = make();
        try
        {
            var response = await http.SendAsync(request, cancellation);
            HasChanged |= request.Method != HttpMethod.Get && response.IsSuccessStatusCode;
            NoteVersion(response);
            return response;
        }
        catch (HttpRequestException failure)
        {
            throw TransportFailures.Explain(failure, request, Server);
        }
        catch (TaskCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw TransportFailures.ExplainTimeout(request, Server, timeout);
        }
    }

    private static HttpClient NewClient(ServerAccess access, TimeSpan timeout)
    {
        var client = access.NewClient(timeout);
        client.DefaultRequestHeaders.Add(OraftVersion.Header, OraftVersion.Own);
        return client;
    }

    private void NoteVersion(HttpResponseMessage response) =>
        ServerVersion = response.Headers.TryGetValues(OraftVersion.Header, out var told) ? told.First() : ServerVersion;

    private async Task<Answer<T>> ReadAsync<T>(HttpResponseMessage response, string? key, CancellationToken cancellation)
    {
        await ProblemAnswers.ThrowUnlessSuccessAsync(response, key, cancellation);
        try
        {
            var raw = await response.Content.ReadFromJsonAsync<JsonElement>(Json, cancellation);
            return new Answer<T>(raw.Deserialize<T>(Json)!, raw, response.Headers.ETag?.Tag);
        }
        catch (JsonException)
        {
            throw NotThisApi($"{(int)response.StatusCode}");
        }
    }

    private CliException NotThisApi(string status) => new(
        ExitCode.Refused,
        ProxyInUse.For(Server) is { } proxy
            ? $"{proxy}, asked for {Server}, answered {status}, but not in the form of this API."
            : $"{Server} answered {status}, but not in the form of this API.",
        "Check that --server (or ORAFT_SERVER) names a silo of OrleansRaft."
            + (ProxyInUse.For(Server) is { } between ? $" {between.Remedy(Server)}" : ""));
}
