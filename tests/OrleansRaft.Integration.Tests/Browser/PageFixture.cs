using System.Collections.Concurrent;
using System.Net.Http.Json;
using Microsoft.Playwright;
using OrleansRaft.Testbed;
using OrleansRaft.Testbed.Browser;
using OrleansRaft.Testbed.PostgreSql;
using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Integration.Tests.Browser;

/// <summary>One demo cluster and one browser for all tests of the page.</summary>
public sealed class PageFixture : IAsyncLifetime
{
    /// <summary>How long a test waits for what must come.</summary>
    public const float Patience = 90_000;

    private static readonly TimeSpan Deadline = TimeSpan.FromMilliseconds(Patience);

    private Chromium? chromium;
    private RunningDemo? demo;
    private CuttableProxy? wire;
    private HttpClient? http;

    /// <summary>The page's address, through a wire that can be cut.</summary>
    public Uri Address => new($"http://127.0.0.1:{wire!.Port}");

    /// <summary>The wire between the browser and the cluster.</summary>
    public CuttableProxy Wire => wire!;

    /// <summary>The API, by another wire.</summary>
    public HttpClient Http => http!;

    public async ValueTask InitializeAsync()
    {
        chromium = await StartBrowserAsync();

        // Enough for something to move, and the processors are left to the tests.
        demo = await RunningDemo.StartAsync(rate: 12);
        wire = new CuttableProxy(demo.Address.Port);
        http = new HttpClient { BaseAddress = demo.Address, Timeout = Deadline };
        Assertions.SetDefaultExpectTimeout(Patience);
    }

    public async ValueTask DisposeAsync()
    {
        http?.Dispose();
        if (wire is not null)
        {
            await wire.DisposeAsync();
        }

        if (demo is not null)
        {
            await demo.DisposeAsync();
        }

        if (chromium is not null)
        {
            await chromium.DisposeAsync();
        }
    }

    /// <summary>Opens the page, whose complaints are gathered.</summary>
    public async Task<OpenedPage> OpenAsync(string path, int width = 1280, int height = 900, ColorScheme colours = ColorScheme.Light)
    {
        var context = await chromium!.Browser.NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = Address.ToString(),
            ViewportSize = new ViewportSize { Width = width, Height = height },
            ColorScheme = colours,
            Locale = "en",
        });
        context.SetDefaultTimeout(Patience);
        var page = await context.NewPageAsync();
        var opened = new OpenedPage(context, page);
        await page.GotoAsync(path);
        return opened;
    }

    /// <summary>The groups, as the API tells them.</summary>
    public async Task<IReadOnlyList<GroupState>> ListGroupsAsync() => (await Http.GetFromJsonAsync<GroupListing>("/api/v1/groups"))!.Groups;

    /// <summary>The names of the lab's scenarios.</summary>
    public async Task<IReadOnlyList<string>> ListScenariosAsync() =>
        [.. (await Http.GetFromJsonAsync<LabListing>("/api/v1/lab"))!.Scenarios.Select(scenario => scenario.Name)];

    /// <summary>Heals everything, and waits until every group has a leader and every replica answers.</summary>
    public async Task HealAsync()
    {
        using var healed = await Http.DeleteAsync(new Uri("/api/v1/faults", UriKind.Relative));
        healed.EnsureSuccessStatusCode();
        await HoldsAsync(
            async () =>
                (await ListGroupsAsync()).All(
                    group => group.LeaderSilo is not null && group.Replicas.All(replica => replica.Role is "leader" or "follower")),
            "the cluster heals");
    }

    /// <summary>Waits until something holds. A silo that comes back may leave a question unanswered: it is asked again.</summary>
    public Task HoldsAsync(Func<Task<bool>> condition, string what) => Until.TrueAsync(
        async () =>
        {
            try
            {
                return await condition();
            }
            catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
            {
                return false;
            }
        },
        Deadline,
        () => $"it did not come true that {what}:\n{demo!.Process.Transcript}");

    private sealed record LabListing(IReadOnlyList<LabScenario> Scenarios);

    private sealed record LabScenario(string Name);

    private static async Task<Chromium> StartBrowserAsync()
    {
        try
        {
            return await Chromium.StartAsync();
        }
        catch (ChromiumUnavailableException exception) when (Environment.GetEnvironmentVariable("CI") != "true")
        {
            Assert.Skip(exception.Message);
            throw;
        }
    }
}

/// <summary>A page in a window of its own.</summary>
public sealed class OpenedPage : IAsyncDisposable
{
    private readonly IBrowserContext context;
    private readonly ConcurrentQueue<string> complaints = new();

    internal OpenedPage(IBrowserContext context, IPage page)
    {
        this.context = context;
        Page = page;
        page.PageError += (_, error) => complaints.Enqueue(error);
        page.Console += (_, message) =>
        {
            // What a server refuses the browser reports too; whether the page copes is seen in the page.
            if (message.Type == "error" && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal))
            {
                complaints.Enqueue(message.Text);
            }
        };
    }

    /// <summary>The page.</summary>
    public IPage Page { get; }

    /// <summary>Errors of scripts, and violations of the security policy.</summary>
    public IReadOnlyCollection<string> Complaints => complaints;

    /// <summary>Something on the page by its name for tests.</summary>
    public ILocator this[string name] => Page.GetByTestId(name);

    /// <summary>Lets faults last so long that none heals by itself before the test has seen it.</summary>
    public Task ChooseLongFaultsAsync() => Page.GetByLabel("How long the fault lasts").First.SelectOptionAsync("300");

    public ValueTask DisposeAsync() => context.DisposeAsync();
}
