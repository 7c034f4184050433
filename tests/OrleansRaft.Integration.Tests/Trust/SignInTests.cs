using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using OrleansRaft.Integration.Tests.Browser;
using OrleansRaft.Integration.Tests.Server;
using OrleansRaft.Server.Access;
using OrleansRaft.Testbed.Browser;

namespace OrleansRaft.Integration.Tests.Trust;

/// <summary>The page of a cluster that asks for keys, in a real browser.</summary>
public sealed class SignInTests(AccessServer server) : IClassFixture<AccessServer>
{
    [Fact]
    public async Task The_page_asks_for_a_key_and_shows_the_cluster_to_whoever_has_one()
    {
        await using var chromium = await StartBrowserAsync();
        await using var context = await chromium.Browser.NewContextAsync(new BrowserNewContextOptions { BaseURL = server.Address.AbsoluteUri });
        context.SetDefaultTimeout(PageFixture.Patience);
        Assertions.SetDefaultExpectTimeout(PageFixture.Patience);
        var page = await context.NewPageAsync();
        var errors = new List<string>();
        page.PageError += (_, error) => errors.Add(error);
        await page.GotoAsync("/");

        await Assertions.Expect(page.GetByTestId("sign-in")).ToBeVisibleAsync();
        await page.GetByLabel("API key").FillAsync("oraft_wrong");
        await page.GetByText("Sign in").ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("not known here");
        await page.GetByLabel("API key").FillAsync(server["reader"]);
        await page.GetByText("Sign in").ClickAsync();

        // The stream of events, a link, and the data come with the cookie.
        await Assertions.Expect(page.GetByTestId("connection")).ToHaveTextAsync("live");
        await Assertions.Expect(page.GetByTestId("who")).ToContainTextAsync("reader");
        await Assertions.Expect(page.GetByText("counters-0").First).ToBeVisibleAsync();
        (await page.EvaluateAsync<string>("document.cookie")).ShouldBeEmpty();
        (await page.EvaluateAsync<string>("JSON.stringify(localStorage) + JSON.stringify(sessionStorage)")).ShouldNotContain("oraft_");

        await page.GetByText("Sign out").ClickAsync();
        await Assertions.Expect(page.GetByTestId("sign-in")).ToBeVisibleAsync();
        errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_page_says_when_a_key_is_revoked_under_it()
    {
        await using var chromium = await StartBrowserAsync();
        await using var context = await chromium.Browser.NewContextAsync(new BrowserNewContextOptions { BaseURL = server.Address.AbsoluteUri });
        context.SetDefaultTimeout(PageFixture.Patience);
        Assertions.SetDefaultExpectTimeout(PageFixture.Patience);
        var key = await server.AddAsync("reader");
        await server.Services.GetRequiredService<AccessDirectory>().LookAsync(TestContext.Current.CancellationToken);
        var page = await context.NewPageAsync();
        await page.GotoAsync("/");
        await page.GetByLabel("API key").FillAsync(key);
        await page.GetByText("Sign in").ClickAsync();
        await Assertions.Expect(page.GetByTestId("connection")).ToHaveTextAsync("live");

        using var admin = server.NewClient(server["admin"]);
        using var revoked = await admin.DeleteAsync(new Uri($"/api/v1/keys/{key[6..16]}", UriKind.Relative), TestContext.Current.CancellationToken);

        revoked.StatusCode.ShouldBe(System.Net.HttpStatusCode.NoContent);
        await Assertions.Expect(page.GetByTestId("sign-in")).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByTestId("sign-in").GetByRole(AriaRole.Alert)).ToContainTextAsync("not in force any more");
    }

    /// <summary>Such a key opens no stream of events, and the page must not take that for a broken connection.</summary>
    [Fact]
    public async Task Whoever_has_a_key_of_one_tenant_sees_that_tenants_data_and_is_told_of_no_lost_connection()
    {
        await using var chromium = await StartBrowserAsync();
        await using var context = await chromium.Browser.NewContextAsync(new BrowserNewContextOptions { BaseURL = server.Address.AbsoluteUri });
        context.SetDefaultTimeout(PageFixture.Patience);
        Assertions.SetDefaultExpectTimeout(PageFixture.Patience);
        using var writer = server.NewClient(server["writer:acme"]);
        (await writer.SendAsync(HttpMethod.Put, "/api/v1/tenants/acme/counters/seen-in-a-browser", """{"value":42}""")).Status
            .ShouldBe(System.Net.HttpStatusCode.OK);
        var page = await context.NewPageAsync();
        var asked = new List<string>();
        page.Request += (_, request) => asked.Add(new Uri(request.Url).AbsolutePath);
        await page.GotoAsync("/");
        await page.GetByLabel("API key").FillAsync(server["reader:acme"]);
        await page.GetByText("Sign in").ClickAsync();

        await Assertions.Expect(page.GetByTestId("tenants")).ToContainTextAsync("The data of acme");
        await Assertions.Expect(page.GetByTestId("connection")).ToHaveCountAsync(0);
        await page.GetByTestId("tenants").GetByRole(AriaRole.Link).ClickAsync();
        await Assertions.Expect(page.GetByTestId("counters")).ToContainTextAsync("seen-in-a-browser");
        await Assertions.Expect(page.GetByTestId("lost")).ToHaveCountAsync(0);
        asked.ShouldNotContain("/api/v1/events");
        asked.ShouldNotContain("/health/alarms");
    }

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
