using System.Net.ServerSentEvents;
using System.Text.Json;

namespace OrleansRaft.Integration.Tests.Server;

/// <summary>Reads server-sent events until what is waited for has come.</summary>
internal sealed class EventStream : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly HttpResponseMessage response;
    private readonly CancellationTokenSource deadline;
    private readonly IAsyncEnumerator<SseItem<string>> items;

    private EventStream(HttpResponseMessage response, Stream stream, CancellationTokenSource deadline)
    {
        this.response = response;
        this.deadline = deadline;
        items = SseParser.Create(stream).EnumerateAsync(deadline.Token).GetAsyncEnumerator(deadline.Token);
    }

    /// <summary>The id of the latest event that had one.</summary>
    public string LastId { get; private set; } = "";

    public static async Task<EventStream> OpenAsync(HttpClient client, string path, string? lastId = null)
    {
        var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(Patience);
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (lastId is not null)
        {
            request.Headers.TryAddWithoutValidation("Last-Event-ID", lastId);
        }

        var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, deadline.Token);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        return new EventStream(response, await response.Content.ReadAsStreamAsync(deadline.Token), deadline);
    }

    public async Task<JsonElement> NextAsync()
    {
        (await items.MoveNextAsync()).ShouldBeTrue("the stream ended");
        LastId = string.IsNullOrEmpty(items.Current.EventId) ? LastId : items.Current.EventId;
        var data = JsonSerializer.Deserialize<JsonElement>(items.Current.Data);
        data.GetProperty("type").GetString().ShouldBe(items.Current.EventType);
        return data;
    }

    public async Task<JsonElement> UntilAsync(string type, Func<JsonElement, bool>? isWanted = null)
    {
        while (true)
        {
            var next = await NextAsync();
            if (next.GetProperty("type").GetString() == type && isWanted?.Invoke(next) != false)
            {
                return next;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        // Cancelled before it is disposed of: a read may be waiting for ever.
        await deadline.CancelAsync();
        try
        {
            await items.DisposeAsync();
        }
        catch (OperationCanceledException)
        {
            // It was waiting.
        }

        response.Dispose();
        deadline.Dispose();
    }
}
